"""Places of events in the feed, given after their commit, and webhooks that are told of them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from common.database import touch_trigger

# Its owner takes it along.
SEQUENCE = "CREATE SEQUENCE common_outboxevent_position_seq OWNED BY common_outboxevent.position"


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0007_audit_triggers"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.BigIntegerField(db_comment="The event's place in the feed")),
                (
                    "resource",
                    models.CharField(
                        db_comment="What the event is of; its events go one after the other", max_length=100
                    ),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(
                        db_comment="Attempts begun; tells a sender that another took over", db_default=0, default=0
                    ),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(
                        db_comment="Failed attempts since it was last asked for", db_default=0, default=0
                    ),
                ),
                (
                    "next_attempt_at",
                    models.DateTimeField(
                        db_comment="Not to be tried before; while sending, the lease",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "sending_since",
                    models.DateTimeField(db_comment="When a sender took it that has not told the outcome", null=True),
                ),
                ("last_attempt_at", models.DateTimeField(db_comment="When the last attempt ended", null=True)),
                (
                    "last_status",
                    models.PositiveSmallIntegerField(db_comment="HTTP status of the last answer, if any", null=True),
                ),
                (
                    "last_error",
                    models.CharField(
                        blank=True, db_comment="Why the last attempt failed", db_default="", default="", max_length=300
                    ),
                ),
                ("done_at", models.DateTimeField(db_comment="When the endpoint took it", null=True)),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Creation timestamp",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last update timestamp",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "url",
                    models.CharField(
                        db_comment="Where events are posted to; https, on the public internet", max_length=2000
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        db_comment="What it is for, in the words of staff",
                        db_default="",
                        default="",
                        max_length=200,
                    ),
                ),
                (
                    "types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        db_comment="Names of events wanted; empty is all",
                        db_default=[],
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        db_comment="Whether new events are kept for it and sent to it", db_default=True, default=True
                    ),
                ),
                ("secret", models.BinaryField(db_comment="What signs, encrypted")),
                (
                    "former_secret",
                    models.BinaryField(db_comment="What signed before and still does, encrypted", null=True),
                ),
                ("former_secret_until", models.DateTimeField(db_comment="When the former secret ends", null=True)),
                (
                    "failures",
                    models.PositiveIntegerField(
                        db_comment="Failed attempts since the last that succeeded", db_default=0, default=0
                    ),
                ),
                (
                    "resting_until",
                    models.DateTimeField(db_comment="Not to be called before, as it failed several times", null=True),
                ),
                (
                    "paused_at",
                    models.DateTimeField(
                        db_comment="When it failed too often; events wait until it is resumed", null=True
                    ),
                ),
                (
                    "paused_reason",
                    models.CharField(
                        blank=True,
                        db_comment="Why it was paused, for people",
                        db_default="",
                        default="",
                        max_length=300,
                    ),
                ),
            ],
        ),
        migrations.AlterModelOptions(
            name="outboxevent",
            options={"permissions": [("read_outboxevent", "Can read the feed of events")]},
        ),
        migrations.AddField(
            model_name="outboxevent",
            name="position",
            field=models.BigIntegerField(
                db_comment="Place in the feed, given after the commit, so that no lower one ever comes later", null=True
            ),
        ),
        migrations.RunSQL(SEQUENCE, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="webhookdelivery",
            name="event",
            field=models.ForeignKey(
                db_comment="What it tells of",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="webhook_deliveries",
                to="common.outboxevent",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("former_secret", None), ("former_secret_until", None)),
                    models.Q(("former_secret__isnull", False), ("former_secret_until__isnull", False)),
                    _connector="OR",
                ),
                name="common_webhookendpoint_former_secret",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paused_at", None), ("paused_reason", "")),
                    models.Q(("paused_at__isnull", False), models.Q(("paused_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="common_webhookendpoint_paused",
            ),
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_comment="Where it goes",
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="common.webhookendpoint",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["endpoint", "position"],
                name="common_webhookdelivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["endpoint", "resource", "position"],
                name="common_webhookdelivery_order",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("sending_since__isnull", False)),
                fields=["endpoint"],
                name="common_webhookdelivery_sending",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["done_at"], name="common_webhookdelivery_done"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "event"), name="common_webhookdelivery_once"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("failures__lte", models.F("attempts"))), name="common_webhookdelivery_attempts"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_at", None), ("sending_since", None), _connector="OR"),
                name="common_webhookdelivery_ends",
            ),
        ),
        touch_trigger("common_webhookendpoint"),
    ]
