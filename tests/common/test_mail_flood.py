"""Mail as a weapon: one address gets so many an hour, whatever asks for them and from wherever; no answer tells."""

from collections import Counter
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.authentication.mailbox import deliver_mails
from tests.factories.authentication import UserFactory
from tests.factories.mails import MailFactory
from tests.factories.products import ProductFactory

pytestmark = pytest.mark.django_db
API = "/api/v1/"
VICTIM = "victim@example.com"


def post(path: str, number: int, email: str, **body: Any) -> Any:
    """A request of yet another stranger, in yet another spelling of the address."""
    spelling = email.upper() if number % 2 else email
    return APIClient().post(f"{API}{path}", {"email": spelling, **body}, REMOTE_ADDR=f"198.51.100.{number}")


@pytest.mark.parametrize("is_known", [True, False])
def test_links_are_few_whoever_asks_and_however(settings: Settings, is_known: bool) -> None:
    settings.EMAIL_VERIFICATION = "mandatory"
    if is_known:
        UserFactory.create(email=VICTIM)

    answers = []
    for number in range(8):
        answers.append(post("auth/password/reset/", number, VICTIM))
        answers.append(post("auth/register/", number, VICTIM, password="correct-horse-battery"))
        deliver_mails()

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers[::2]}) == len({answer.content for answer in answers[1::2]}) == 1
    assert Counter(address.lower() for message in mail.outbox for address in message.to) == {VICTIM: 5}


def test_all_kinds_of_mail_share_what_an_address_gets(settings: Settings) -> None:
    settings.MAILS_PER_RECIPIENT_PER_HOUR = 3
    UserFactory.create(email=VICTIM)
    products = [ProductFactory.create(slug=f"sold-out-{number}", stock=0) for number in range(4)]
    MailFactory.create(recipient=VICTIM, kind="order_confirmed")
    deliver_mails()

    answers = [post(f"products/{product.slug}/stock-notices/", n, VICTIM) for n, product in enumerate(products)]
    answers += [post("auth/password/reset/", number, VICTIM) for number in range(3)]
    deliver_mails()

    assert {answer.status_code for answer in answers} == {202}
    assert len(mail.outbox) == 3
    assert {address for message in mail.outbox for address in message.to} == {VICTIM}
