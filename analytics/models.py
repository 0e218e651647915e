"""Product views, daily sales aggregates and which days need counting again."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from analytics.querysets import AggregatedDayQuerySet, ProductViewQuerySet, SalesAggregateQuerySet, SalesSliceQuerySet
from products.models import Category, Product


class ProductView(models.Model):
    """One view of a product's page; docs/decisions/product-views.md says how the table bears hundreds of millions."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_comment="Product reference")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_comment="User reference (if logged in)",
    )
    session_id = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=255, null=True, blank=True, db_comment="SHA-256 of the guest's visitor id"
    )
    ip_address = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=39, null=True, blank=True, db_comment="Viewer's IP address"
    )
    user_agent = models.TextField(null=True, blank=True, db_comment="Browser user agent")  # noqa: DJ001 - documented
    referrer = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=255, null=True, blank=True, db_comment="Referring URL"
    )
    viewed_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="View timestamp")

    objects = ProductViewQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            # What finds repeats: of visitors with an id, and of users who look without one.
            models.Index(fields=["session_id", "product", "viewed_at"], name="analytics_productview_visitor"),
            models.Index(
                fields=["user", "product", "viewed_at"],
                condition=Q(session_id=None, user__isnull=False),
                name="analytics_productview_by_user",
            ),
            # Rows lie in the order of time, so a range of blocks tells it. Where deleted rows made room for later
            # ones a range holds two stretches of time, which the multi-range operators keep apart.
            BrinIndex(
                fields=["viewed_at"],
                opclasses=["timestamptz_minmax_multi_ops"],
                autosummarize=True,
                name="analytics_productview_time",
            ),
        ]

    def __str__(self) -> str:
        return f"view of product {self.product_id}"


class ViewRetention(models.Model):
    """How far the views' retention has come; one row, locked by whoever goes on with it."""

    ONLY_ID: ClassVar = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY_ID, db_default=ONLY_ID, db_comment="Always 1")
    shortened_through_id = models.BigIntegerField(
        default=0, db_default=0, db_comment="Views up to this id have lost address and agent"
    )

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="analytics_viewretention_one_row")]

    def __str__(self) -> str:
        return f"views shortened through {self.shortened_through_id}"


class SalesAggregate(models.Model):
    """A day's sales of one product, of one category, or (both null) in all; a day is one of SHOP_TIME_ZONE."""

    date = models.DateField(db_comment="Aggregation date")
    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Product reference",
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_comment="Category reference",
    )
    order_count = models.IntegerField(default=0, db_default=0, db_comment="Number of orders")
    item_count = models.IntegerField(default=0, db_default=0, db_comment="Number of items sold")
    revenue = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0, db_comment="Total revenue")
    cost = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0, db_comment="Total cost")
    profit = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0, db_comment="Total profit")

    objects = SalesAggregateQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Its index is also the documented one on the date.
            models.UniqueConstraint(
                fields=["date", "product", "category"],
                nulls_distinct=False,
                name="analytics_salesaggregate_once",
            ),
            models.CheckConstraint(
                condition=Q(profit=F("revenue") - F("cost")), name="analytics_salesaggregate_profit"
            ),
            models.CheckConstraint(
                condition=Q(product=None) | Q(category=None), name="analytics_salesaggregate_one_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"sales of {self.date}"


class SalesSlice(models.Model):
    """A day's sales with one coupon, to one country, or to new or returning customers; each kind sums to the day."""

    class Kind(models.TextChoices):
        COUPON = "coupon", "Coupon"
        COUNTRY = "country", "Country"
        CUSTOMER = "customer", "Customers"

    NEW: ClassVar = "new"
    RETURNING: ClassVar = "returning"

    date = models.DateField(db_comment="A day of SHOP_TIME_ZONE")
    kind = models.CharField(max_length=10, choices=Kind.choices, db_comment="What the value is")
    value = models.CharField(
        max_length=40,
        blank=True,
        db_comment="Code in capitals, ISO 3166-1 alpha-2 of the shipping address, or new and returning; empty for none",
    )
    order_count = models.IntegerField(default=0, db_default=0, db_comment="Number of orders")
    item_count = models.IntegerField(default=0, db_default=0, db_comment="Number of items sold")
    revenue = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0, db_comment="Total revenue")
    cost = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0, db_comment="Total cost")
    profit = models.GeneratedField(
        expression=F("revenue") - F("cost"),
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
        db_persist=True,
        db_comment="Total profit",
    )
    discount = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, db_default=0, db_comment="Discounts of the orders"
    )

    objects = SalesSliceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["date", "kind", "value"], name="analytics_salesslice_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["coupon", "country"]) | Q(kind="customer", value__in=["new", "returning"]),
                name="analytics_salesslice_kind",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "date"], name="analytics_salesslice_kind_date")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}, {self.date}"


class AggregatedDay(models.Model):
    """Whether a day's aggregates are up to date."""

    date = models.DateField(unique=True, db_comment="A day of SHOP_TIME_ZONE")
    changed_at = models.DateTimeField(db_default=Now(), db_comment="When something of the day last changed")
    computed_at = models.DateTimeField(null=True, db_comment="When it was last counted; null or older is stale")
    order_count = models.IntegerField(default=0, db_default=0, db_comment="Orders counted")

    objects = AggregatedDayQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["date"],
                condition=Q(computed_at=None) | Q(computed_at__lt=F("changed_at")),
                name="analytics_aggregatedday_stale",
            )
        ]

    def __str__(self) -> str:
        return str(self.date)


class CategoryChange(models.Model):
    """A product that entered or left a category, noted by trigger until the days that it sold on are marked."""

    product_id = models.BigIntegerField(db_comment="The product, which may be gone by now")

    def __str__(self) -> str:
        return f"change of product {self.product_id}"
