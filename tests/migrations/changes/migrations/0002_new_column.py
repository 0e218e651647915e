from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0001_initial")]

    operations = [
        migrations.AddField("Parcel", "priority", models.SmallIntegerField(default=0, db_default=0)),
    ]
