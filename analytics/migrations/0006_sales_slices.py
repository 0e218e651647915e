"""Daily sales by coupon, country and kind of customer."""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0005_indexes_of_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="SalesSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField(db_comment="A day of SHOP_TIME_ZONE")),
                (
                    "kind",
                    models.CharField(
                        choices=[("coupon", "Coupon"), ("country", "Country"), ("customer", "Customers")],
                        db_comment="What the value is",
                        max_length=10,
                    ),
                ),
                (
                    "value",
                    models.CharField(
                        blank=True,
                        db_comment="Code in capitals, ISO 3166-1 alpha-2 of the shipping address, or new and returning; empty for none",
                        max_length=40,
                    ),
                ),
                ("order_count", models.IntegerField(db_comment="Number of orders", db_default=0, default=0)),
                ("item_count", models.IntegerField(db_comment="Number of items sold", db_default=0, default=0)),
                (
                    "revenue",
                    models.DecimalField(
                        db_comment="Total revenue", db_default=0, decimal_places=2, default=0, max_digits=12
                    ),
                ),
                (
                    "cost",
                    models.DecimalField(
                        db_comment="Total cost", db_default=0, decimal_places=2, default=0, max_digits=12
                    ),
                ),
                (
                    "profit",
                    models.GeneratedField(
                        db_comment="Total profit",
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("revenue"), "-", models.F("cost")
                        ),
                        output_field=models.DecimalField(decimal_places=2, max_digits=12),
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        db_comment="Discounts of the orders", db_default=0, decimal_places=2, default=0, max_digits=12
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "date"], name="analytics_salesslice_kind_date")],
                "constraints": [
                    models.UniqueConstraint(fields=("date", "kind", "value"), name="analytics_salesslice_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["coupon", "country"]),
                            models.Q(("kind", "customer"), ("value__in", ["new", "returning"])),
                            _connector="OR",
                        ),
                        name="analytics_salesslice_kind",
                    ),
                ],
            },
        ),
    ]
