"""What check_integrity says about accounts."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from authentication.models import Address
from authentication.services import privacy
from tests.factories.authentication import AddressFactory, UserFactory

pytestmark = pytest.mark.django_db


def check(*arguments: str) -> str:
    out = StringIO()
    try:
        call_command("check_integrity", *arguments, stdout=out, stderr=out)
    except (CommandError, SystemExit):
        out.write("failed")
    return out.getvalue()


def test_a_right_book_and_an_erased_account_pass() -> None:
    AddressFactory.create_batch(2, user=UserFactory.create())
    privacy.erase_account(user_id=AddressFactory.create().user_id)

    assert "failed" not in check()


def test_a_book_without_a_default_is_named_and_mended() -> None:
    address = AddressFactory.create()
    Address.objects.update(is_default=False)

    assert f"user_id={address.user_id}" in check()
    check("--fix")
    assert Address.objects.get().is_default
    assert "failed" not in check()


def test_an_erased_account_that_holds_something_is_named() -> None:
    user = UserFactory.create(erased_at=timezone.now())

    assert f"id={user.pk}" in check()
