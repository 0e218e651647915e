"""What happened to an order, when, and by whom."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from orders.models.order import Order


class OrderEvent(models.Model):
    """One entry of an order's timeline."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events", db_comment="Order reference")
    code = models.CharField(max_length=40, db_comment="What happened, snake_case")
    detail = models.CharField(max_length=500, blank=True, default="", db_default="", db_comment="In words")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Who did it; null for guests and the shop itself",
    )
    at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it happened")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.code
