"""The triggers that tell the audit of refunds."""

from django.db import migrations

from common.database import audit_trigger

REFUND = ("payment_id", "amount", "status", "restock")


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0007_audit_triggers"),
        ("payments", "0006_index_of_attempts_to_close"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        audit_trigger(
            "payments_refund", kind="refund", model="payments.refund", columns=REFUND, events="INSERT UPDATE DELETE"
        ),
    ]
