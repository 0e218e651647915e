"""Mails that wait to be sent."""

import factory
from django.utils import timezone

from common.models import Mail


class MailFactory(factory.django.DjangoModelFactory[Mail]):
    class Meta:
        model = Mail

    kind = "order_confirmed"
    resource = factory.Sequence(lambda n: f"order:TEST{n}")
    recipient = "ada@example.com"
    subject = "Your order"
    text_body = "Thank you."
    html_body = "<p>Thank you.</p>"
    next_attempt_at = factory.LazyFunction(timezone.now)
