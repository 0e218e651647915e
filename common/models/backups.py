"""What the shop knows of its backups, and of whom it was asked to forget."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Backup(models.Model):
    """A backup that was taken, and what its verification found."""

    name = models.CharField(max_length=150, db_comment="Name of its files without their ends")
    place = models.CharField(max_length=500, db_comment="Folder or s3://bucket/prefix")
    taken_at = models.DateTimeField(db_comment="The moment of the shop that it shows")
    bytes = models.BigIntegerField(db_comment="Size of the dump")
    sha256 = models.CharField(max_length=64, db_comment="Checksum of the dump")
    checked_at = models.DateTimeField(null=True, db_comment="When it was last verified, well or not")
    verified_at = models.DateTimeField(null=True, db_comment="When it last restored whole, with its books right")
    problem = models.TextField(blank=True, default="", db_default="", db_comment="What the last verification found")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["place", "name"], name="common_backup_once")]
        indexes: ClassVar = [models.Index(fields=["taken_at"], name="common_backup_taken")]

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """That somebody was erased, kept so that a restored backup can be made to forget them too; it names nobody."""

    class Kind(models.TextChoices):
        ACCOUNT = "account", "An account"
        GUEST = "guest", "What is held under an address outside of accounts"
        ADDRESS = "address", "What is held under an address outside of accounts and orders"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_comment="The same in every list and database")
    kind = models.CharField(max_length=10, choices=Kind.choices, db_comment="What was erased")
    subject = models.CharField(max_length=64, db_comment="Keyed hash of the account or address")
    account = models.BigIntegerField(null=True, db_comment="Key of the account; the subject tells that it is the same")
    at = models.DateTimeField(db_default=Now(), db_comment="When it was erased")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind="account", account__isnull=False)
                | (~models.Q(kind="account") & models.Q(account=None)),
                name="common_erasure_account",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
