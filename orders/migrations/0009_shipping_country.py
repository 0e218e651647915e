"""The country that an order is sent to, for lists and reports by country; the index is made without locking anybody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0008_audit")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="shipping_country",
            field=models.CharField(
                blank=True,
                db_comment="ISO 3166-1 alpha-2 of the shipping address at purchase time, written by a trigger",
                db_default="",
                default="",
                editable=False,
                max_length=2,
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["shipping_country", "-id"], name="orders_order_sent_to"),
        ),
    ]
