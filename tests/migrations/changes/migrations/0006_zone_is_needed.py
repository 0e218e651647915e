from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0005_fill_zones")]

    operations = [
        migrations.AlterField("Parcel", "zone", models.CharField(max_length=10, db_default="far")),
    ]
