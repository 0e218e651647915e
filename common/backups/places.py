"""Where backups are: a folder, or a bucket of S3 and what speaks like it. A file appears there whole or not at all."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from common.backups.errors import BackupError

PARTIAL = ".partial"
PART_BYTES = 32_000_000  # S3 takes 10,000 parts at most: dumps of up to 320 GB


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class Place(Protocol):
    """Files by name."""

    address: str

    def names(self) -> list[str]:
        """The names of the whole files, sorted."""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a file, in the place of one with that name; nothing is left where the chunks end by an error."""

    def read(self, name: str) -> bytes:
        """A small file's content; raises FileNotFoundError."""

    def local(self, name: str, folder: Path) -> Path:
        """The file's path on this machine, fetched into the folder where it is elsewhere; FileNotFoundError."""

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is removed already."""


def open_place(address: str) -> Place:
    """The place at `s3://bucket/prefix` or in a folder, which is made where it is missing; raises BackupError."""
    if not address:
        raise BackupError("There is no place for backups: give --to, or set BACKUP_TARGET.")
    if "://" in address:
        return Bucket(address)
    return Folder(Path(address))


class Folder:
    """A folder of this machine, or one that is mounted on it."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._path = path

    def names(self) -> list[str]:
        with _folder_works(self.address):
            if not self._path.exists():
                return []
            return sorted(each.name for each in self._path.iterdir() if each.is_file() and each.suffix != PARTIAL)

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        with _folder_works(self.address):
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = self._path / f".{name}{PARTIAL}"
            try:
                with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                    for chunk in chunks:
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(self._path / name)
            finally:
                partial.unlink(missing_ok=True)
            _sync_folder(self._path)

    def read(self, name: str) -> bytes:
        with _folder_works(self.address):
            return (self._path / name).read_bytes()

    def local(self, name: str, folder: Path) -> Path:
        path = self._path / name
        if not path.is_file():
            raise FileNotFoundError(name)
        return path

    def delete(self, name: str) -> None:
        with _folder_works(self.address):
            (self._path / name).unlink(missing_ok=True)


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
        with _bucket_works(self.address, name), _folder_works(str(folder)), path.open("wb") as file:
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


def file_chunks(file: Readable, size: int = 1_000_000) -> Iterator[bytes]:
    """What is left of a file, piece by piece."""
    while chunk := file.read(size):
        yield chunk


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _folder_works(address: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise BackupError(f"There is no room in {address}: {error.strerror}.") from error
        raise BackupError(f"{address} cannot be used: {error.strerror or error}.") from error


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
