"""`manage.py invite_customers`: who came by an import without a password is mailed a link to choose one."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from authentication.models import OneTimeToken, User
from authentication.services import one_time
from tests.authentication.mailbox import deliver_mails, token_in
from tests.imports.conftest import ImportFile, WriteFile

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a-password-of-my-own-71"


def invite(batch: int, *options: str) -> str:
    out = StringIO()
    call_command("invite_customers", str(batch), *options, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def batch(import_customers: ImportFile, write_file: WriteFile) -> int:
    known = make_password("the-old-password-1")
    rows = (f"has@example.com,yes,{known}", "none@example.com,yes,", "away@example.com,no,")
    return import_customers(write_file("email,is_active,password_hash", *rows)).batch


def test_only_who_has_no_password_is_asked_and_once(batch: int, guest: APIClient) -> None:
    assert invite(batch, "--dry-run") == "dry run, nobody mailed; would be 1 invited"
    assert deliver_mails() == []

    assert invite(batch) == "1 invited"
    assert invite(batch) == "0 invited"

    [mail] = deliver_mails()
    assert mail.to == ["none@example.com"]
    assert "within 7 days" in mail.body
    answer = guest.post(
        "/api/v1/auth/password/reset/confirm/", {"token": token_in(mail), "new_password": NEW_PASSWORD}, format="json"
    )
    assert answer.status_code == 204, answer.json()
    user = User.objects.get(email="none@example.com")
    assert user.check_password(NEW_PASSWORD)
    assert user.email_verified_at is not None
    assert invite(batch) == "0 invited"


def test_the_link_is_kept_as_long_as_it_works(batch: int) -> None:
    invite(batch)
    deliver_mails()
    OneTimeToken.objects.update(created_at=timezone.now() - timedelta(days=6))

    assert one_time.drop_expired() == 0
    OneTimeToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert one_time.drop_expired() == 1


def test_another_batch_is_refused_in_one_line(import_file: ImportFile, write_file: WriteFile) -> None:
    products = import_file(write_file("sku,name,price", "A,A,1")).batch

    for number in (products, 4711):
        with pytest.raises(CommandError, match=f"nobody invited: there is no batch {number} of customers"):
            invite(number)
