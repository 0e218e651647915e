import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("large", "0001_initial")]

    operations = [
        migrations.AddField("Sold", "urgency", models.SmallIntegerField(default=0, db_default=0)),
        migrations.AddIndex("Sold", models.Index(fields=["urgency", "email"], name="large_sold_urgent")),
        migrations.AddField(
            "Sold",
            "depot",
            models.ForeignKey("large.Depot", null=True, on_delete=django.db.models.deletion.PROTECT),
        ),
    ]
