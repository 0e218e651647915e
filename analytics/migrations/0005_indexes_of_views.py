"""Indexes of views for repeats, and a small one for time, built while views are written."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("analytics", "0004_views_in_batches")]

    operations = [
        AddIndexConcurrently(
            "productview",
            models.Index(fields=["session_id", "product", "viewed_at"], name="analytics_productview_visitor"),
        ),
        AddIndexConcurrently(
            "productview",
            models.Index(
                condition=models.Q(("session_id", None), ("user__isnull", False)),
                fields=["user", "product", "viewed_at"],
                name="analytics_productview_by_user",
            ),
        ),
        AddIndexConcurrently(
            "productview",
            BrinIndex(
                autosummarize=True,
                fields=["viewed_at"],
                name="analytics_productview_time",
                opclasses=["timestamptz_minmax_multi_ops"],
            ),
        ),
        RemoveIndexConcurrently("productview", "analytics_productview_session"),
        RemoveIndexConcurrently("productview", "analytics_productview_viewed"),
    ]
