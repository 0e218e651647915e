"""Backups in a bucket of S3 and what speaks like it; loaded only where there are any."""

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from common.backups.errors import BackupError
from common.backups.places import folder_works

PART_BYTES = 32_000_000  # S3 takes 10,000 parts at most: dumps of up to 320 GB


class Bucket:
    """Names below a prefix in a bucket; who may write there is said by the settings of S3 (docs/backup.md)."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc:
            raise BackupError(f"{address} is neither a folder nor s3://bucket/prefix.")
        self.address = address
        self._bucket = parts.netloc
        self._prefix = f"{parts.path.strip('/')}/".lstrip("/")
        named = settings.BACKUP_S3
        self._client = boto3.client(
            "s3",
            endpoint_url=named["endpoint_url"],
            region_name=named["region_name"],
            aws_access_key_id=named["access_key"],
            aws_secret_access_key=named["secret_key"],
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"total_max_attempts": 4, "mode": "standard"},
                s3={"addressing_style": "path" if named["endpoint_url"] else "virtual"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def names(self) -> list[str]:
        with _bucket_works(self.address, ""):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            found = [each["Key"].removeprefix(self._prefix) for page in pages for each in page.get("Contents", [])]
        return sorted(name for name in found if "/" not in name)

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        with _bucket_works(self.address, name):
            self._client.upload_fileobj(
                _Readable(iter(chunks)),
                self._bucket,
                self._prefix + name,
                Config=TransferConfig(use_threads=False, multipart_chunksize=PART_BYTES),
            )

    def read(self, name: str) -> bytes:
        with _bucket_works(self.address, name):
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
        return content

    def local(self, name: str, folder: Path) -> Path:
        path = folder / name
        with _bucket_works(self.address, name), folder_works(str(folder)), path.open("wb") as file:
            body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"]
            shutil.copyfileobj(body, file, 1_000_000)
        return path

    def delete(self, name: str) -> None:
        with _bucket_works(self.address, name):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)


class _Readable:
    """Chunks as a file that is read once."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        parts, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            length += len(chunk)
        whole = b"".join(parts)
        end = len(whole) if size < 0 else size
        self._rest = whole[end:]
        return whole[:end]


@contextlib.contextmanager
def _bucket_works(address: str, name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        told: Any = error.response.get("Error", {}).get("Code", "")
        if told in {"404", "NoSuchKey"}:
            raise FileNotFoundError(name) from error
        raise BackupError(f"{address} refuses: {told or 'no reason given'}.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise BackupError(f"{address} does not answer: {type(error).__name__}.") from error
