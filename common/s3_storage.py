"""Files on S3 or what speaks like it; an answer that does not come, or not in time, is StorageUnavailable."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.base import ContentFile
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from common.errors import StorageUnavailable

_CONNECT_SECONDS = 3


class ShopS3Storage(S3Storage):
    """A file appears complete or not at all, as S3 has it; one saved under the name of another takes its place.

    Every call is one or two requests with time-outs, so none may stand in a transaction. `public_url` is where the
    public finds the files; addresses are put together without asking anybody.
    """

    def __init__(self, *, timeout_seconds: float, addressing_style: str, **settings: Any) -> None:
        client = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=timeout_seconds,
            retries={"total_max_attempts": 2, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": addressing_style},
            request_checksum_calculation="when_required",  # not all that speak like S3 know the newer ones
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=client, transfer_config=TransferConfig(use_threads=False), **settings)

    def get_default_settings(self) -> dict[str, Any]:
        return {**super().get_default_settings(), "public_url": ""}

    def url(self, name: str, *args: Any, **options: Any) -> str:
        return f"{self.public_url}{filepath_to_uri(name)}"

    def exists(self, name: str) -> bool:
        with _answered(name):
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _answered(name):
            super().delete(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _answered(name):
            folders, files = super().listdir(name)
        return folders, files

    def size(self, name: str) -> int:
        with _answered(name):
            return int(super().size(name))

    def get_modified_time(self, name: str) -> datetime:
        with _answered(name):
            modified: datetime = super().get_modified_time(name)
        return modified

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        with _answered(name):
            return ContentFile(self.bucket.Object(self._normalize_name(name)).get()["Body"].read(), name=name)

    def _save(self, name: str, content: File[bytes]) -> str:
        with _answered(name):
            return str(super()._save(name, content))


@contextlib.contextmanager
def _answered(name: str) -> Iterator[None]:
    """Turn what the client raises into FileNotFoundError or StorageUnavailable."""
    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {}).get("Code", "")
        if told in {"404", "NoSuchKey"}:
            raise FileNotFoundError(name) from error
        raise StorageUnavailable(f"The storage of files refuses: {told or 'no reason given'}.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise StorageUnavailable from error
