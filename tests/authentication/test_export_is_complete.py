"""Every table that leads to a person is in their export, or here with the reason why not."""

import pytest
from django.apps import apps
from django.db import connection, models
from rest_framework.test import APIClient

from authentication.models import User

# Where each table with a key to the user shows in the export: the path to the part.
EXPORTED = {
    "authentication.User": "profile",
    "authentication.User_groups": "roles",
    "authentication.User_user_permissions": "permissions",
    "authentication.Address": "addresses",
    "authentication.RefreshToken": "sessions",
    "authentication.OneTimeToken": "links",
    "common.AuditEntry": "audit",
    "common.DeprecatedCall": "deprecated_calls",
    "common.IdempotencyKey": "idempotency_keys",
    "common.Mail": "mails",
    "products.ProductReview": "reviews",
    "products.StockNotice": "stock_notices",
    "orders.Order": "orders.orders",
    "orders.OrderItem": "orders.order_items",
    "orders.OrderEvent": "orders.events",
    "orders.Invoice": "orders.invoices",
    "orders.Cart": "orders.cart",
    "orders.CartItem": "orders.cart",
    "orders.CouponUse": "orders.coupon_uses",
    "payments.Payment": "payments.payments",
    "payments.Refund": "payments.refunds",
    "payments.RefundItem": "payments.refunds",
    "payments.Dispute": "payments.disputes",
    "analytics.ProductView": "product_views",
}
AT_WORK = "Who of the staff did it: the shop's own work, and an entry of the audit where that is theirs"
NOT_EXPORTED = {
    "admin.LogEntry": AT_WORK,
    "common.ImportBatch": AT_WORK,
    "common.ImportJob": AT_WORK,
    "common.ExportJob": AT_WORK,
    "products.StockMovement": AT_WORK,
    "common.ReadMark": "How far the database's log was when they last wrote; goes within minutes",
    "common.ImportChange": "What an import changed of the account and the orders, which are exported as they are now",
    "common.ImportJobChange": "What a file would change; goes after IMPORT_RETENTION_DAYS",
    "common.ImportJobRefusal": "What was wrong with a file; goes after IMPORT_RETENTION_DAYS",
}
PERSONAL_COLUMNS = {"email", "recipient", "customer", "phone", "full_name", "address_line1", "ip_address", "caller"}
PERSONAL_COLUMNS |= {"client_address", "buyer", "shipping_address_snapshot", "actor", "user"}


def _leads_to_user(model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()) -> bool:
    """By a key, or by a chain of keys through what belongs to one person."""
    if model is User:
        return True
    parents = {
        field.related_model
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete in {models.CASCADE, models.PROTECT}
    }
    keys = {field.related_model for field in model._meta.concrete_fields if field.related_model is User}
    return bool(keys) or any(_leads_to_user(each, seen | {model}) for each in parents - seen - {model})


def personal_tables() -> set[str]:
    """The models whose rows lead to a person by keys or by columns that name one."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        names = {field.name for field in model._meta.concrete_fields}
        if _leads_to_user(model) or names & PERSONAL_COLUMNS:
            found.add(model._meta.label)
    return found


def test_every_table_is_exported_or_left_out_for_a_reason() -> None:
    by_import = {"common.ImportChange", "common.ImportJobChange", "common.ImportJobRefusal"}
    assert set(EXPORTED) & set(NOT_EXPORTED) == set()
    assert personal_tables() | by_import == set(EXPORTED) | set(NOT_EXPORTED)


@pytest.mark.django_db
def test_every_table_of_the_database_is_a_models() -> None:
    """So that none holds anything that the walk above does not see."""
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {"django_migrations"}
    assert set(connection.introspection.table_names()) <= known


@pytest.mark.django_db
def test_every_part_is_there(user_client: APIClient) -> None:
    document = user_client.get("/api/v1/auth/me/export/").json()

    for path in EXPORTED.values():
        part = document
        for name in path.split("."):
            assert name in part, path
            part = part[name]
