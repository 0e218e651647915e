"""Invitations: customers who came by an import without a password that works here are asked to choose one."""

from collections.abc import Iterator

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from authentication.imports.service import SUBJECT
from authentication.models import OneTimeToken, User
from authentication.services import one_time
from authentication.services.one_time import Purpose
from common.errors import NotFound
from common.models import ImportBatch, ImportChange

BLOCK_ROWS = 200


def to_be_invited(*, batch_id: int) -> QuerySet[User]:
    """The active customers whom this batch created, who have no password and no invitation yet.

    Raises NotFound where there is no such batch of customers.
    """
    if not ImportBatch.objects.filter(id=batch_id, subject=SUBJECT).exists():
        raise NotFound
    made = ImportChange.objects.filter(
        batch=batch_id, kind=ImportChange.Kind.CUSTOMER, action=ImportChange.Action.CREATED
    )
    invited = OneTimeToken.objects.filter(user=OuterRef("pk"), purpose=Purpose.INVITE)
    return User.objects.filter(
        ~Exists(invited),
        pk__in=made.values("target_id"),
        is_active=True,
        password__startswith=UNUSABLE_PASSWORD_PREFIX,
    ).order_by("pk")


def invite_imported(*, batch_id: int) -> Iterator[int]:
    """Have a link mailed to each of them, block by block; yields how many each block invited.

    Each block commits by itself, so a run that is interrupted is simply run again. Raises NotFound.
    """
    waiting = to_be_invited(batch_id=batch_id)
    while True:
        with transaction.atomic():
            block = list(waiting.select_for_update(of=("self",), no_key=True)[:BLOCK_ROWS])
            for user in block:
                one_time.request_link(purpose=Purpose.INVITE, email=user.email, user=user)
        if not block:
            return
        yield len(block)
