"""The audit is told of webhooks: never of their secrets, but that one was renewed."""

from django.db import migrations, models

from common.database import audit_trigger

ENDPOINT = ("url", "description", "types", "is_active", "paused_at", "former_secret_until")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("common", "0014_events_end")]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("price", "Price"),
                    ("stock", "Stock"),
                    ("role", "Role or right"),
                    ("order", "Order"),
                    ("refund", "Refund"),
                    ("webhook", "Webhook"),
                ],
                db_comment="What was changed",
                max_length=10,
            ),
        ),
        audit_trigger(
            "common_webhookendpoint",
            kind="webhook",
            model="common.webhookendpoint",
            columns=ENDPOINT,
            events="INSERT UPDATE DELETE",
        ),
    ]
