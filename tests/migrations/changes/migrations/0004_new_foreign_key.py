import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0003_new_index")]

    operations = [
        migrations.AddField(
            "Parcel",
            "carrier",
            models.ForeignKey("changes.Carrier", null=True, on_delete=django.db.models.deletion.PROTECT),
        ),
    ]
