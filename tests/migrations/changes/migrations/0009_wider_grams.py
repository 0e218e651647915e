from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0008_drop_note")]

    operations = [
        migrations.AddField("Parcel", "milligrams", models.BigIntegerField(null=True)),
    ]
