"""The person's rights: everything held about them in one document, and being forgotten.

Upper applications add to the export by `common.registry.privacy_exporters`, and forget what they hold when the
event `user.erased` reaches them.
"""

import uuid
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils import timezone

from authentication.errors import wrong_password
from authentication.models import Address, OneTimeToken, RefreshToken, User
from authentication.services.locks import lock_active_user
from common import erasures, mail, outbox
from common import privacy as leaf
from common.audit import upkeep
from common.locking import lock_row
from common.models import AuditEntry, IdempotencyKey
from common.registry import address_erasers, privacy_exporters

PROFILE = (
    "id",
    "email",
    "username",
    "first_name",
    "last_name",
    "phone",
    "additional_details",
    "is_staff_member",
    "is_staff",
    "is_superuser",
    "email_verified_at",
    "date_joined",
    "last_login",
)
ADDRESS = (
    "id",
    "full_name",
    "company",
    "phone",
    "address_line1",
    "address_line2",
    "city",
    "state",
    "country",
    "postal_code",
    "is_default",
)
AUDIT = ("at", "kind", "object_type", "object_id", "door", "origin", "client_address")
SESSION = ("created_at", "expires_at", "used_at", "revoked_at")


def export_account(*, user_id: int) -> dict[str, Any]:
    """Everything held about the person, JSON-ready: this application's part and each registered one by its name."""
    document: dict[str, Any] = {
        "profile": User.objects.filter(pk=user_id).values(*PROFILE).get(),
        "roles": list(User.objects.get(pk=user_id).groups.order_by("name").values_list("name", flat=True)),
        "permissions": list(
            User.objects.get(pk=user_id).user_permissions.order_by("pk").values_list("codename", flat=True)
        ),
        "addresses": list(Address.objects.filter(user=user_id).order_by("id").values(*ADDRESS)),
        "sessions": list(RefreshToken.objects.filter(user=user_id).order_by("id").values(*SESSION)),
        "mails": leaf.mails_to(User.objects.values_list("email", flat=True).get(pk=user_id)),
        "idempotency_keys": list(
            IdempotencyKey.objects.filter(caller=f"user:{user_id}").order_by("id").values("key", "created_at")
        ),
        "audit": list(AuditEntry.objects.filter(actor=user_id).order_by("id").values(*AUDIT)),
        "links": list(
            OneTimeToken.objects.filter(user=user_id).order_by("id").values("purpose", "email", "created_at", "used_at")
        ),
    }
    return document | {name: exporter(user_id) for name, exporter in privacy_exporters}


def close_account(*, user_id: int, password: str) -> None:
    """Erase the account at its owner's wish; raises `wrong_password`, and
    TokenNotValid where it is closed already.
    """
    with transaction.atomic():
        if not lock_active_user(user_id).check_password(password):
            raise wrong_password("password")
        erase_account(user_id=user_id)


@transaction.atomic
def erase_account(*, user_id: int) -> None:
    """Make the account nobody's: the row stays for the books that refer to it, the person goes.

    Name, address, phone, details, address book, sessions, links, mails, rights, stored answers and the traces in the
    admin site's log go at once; `user.erased` tells the applications above. A second time does nothing. Locks the
    user's row; raises NotFound where there is none.
    """
    user = lock_row(User.objects.filter(pk=user_id))
    email = user.email
    if user.erased_at is not None:
        return
    erasures.note_account(account_id=user.pk, joined_at=user.date_joined)
    if user.email_verified_at is not None:  # else what is held under the address may be another's
        erasures.note_address(email=email, with_orders=True)
    _erase_admin_log(user)
    _anonymise(user)
    user.groups.clear()
    user.user_permissions.clear()
    addresses = list(user.addresses.values_list("pk", flat=True))
    user.addresses.all().delete()
    leaf.forget_imported(email=email, accounts=[user.pk], addresses=addresses)
    leaf.forget_in_errors(email)
    user.refresh_tokens.all().delete()
    links = user.one_time_tokens.values_list("pk", flat=True)
    mail.forget(recipient=email, resources=[f"one_time_token:{pk}" for pk in links])
    user.one_time_tokens.all().delete()
    OneTimeToken.objects.filter(email=email).delete()
    for _, forget in address_erasers:
        forget(email)
    IdempotencyKey.objects.filter(caller=f"user:{user_id}").delete()
    upkeep.forget_actor(actor_id=user_id)
    outbox.emit("user.erased", resource=f"user:{user_id}", user_id=user_id)


def _anonymise(user: User) -> None:
    nobody = f"erased-{uuid.uuid4().hex[:12]}"
    user.username = nobody
    user.email = f"{nobody}@erased.invalid"
    user.erased_at = timezone.now()
    user.first_name = user.last_name = user.phone = ""
    user.additional_details = {}
    user.email_verified_at = None
    user.last_login = None
    user.is_active = user.is_staff = user.is_superuser = user.is_staff_member = False
    user.set_unusable_password()
    user.save()


def _erase_admin_log(user: User) -> None:
    addresses = user.addresses.annotate(key=Cast("id", CharField())).values("key")
    about_addresses = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Address), object_id__in=addresses
    )
    about_user = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    about_addresses.update(object_repr="erased", change_message="")
    about_user.update(object_repr="erased", change_message="")
