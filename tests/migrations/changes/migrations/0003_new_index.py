from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0002_new_column")]

    operations = [
        migrations.AddIndex("Parcel", models.Index(fields=["priority", "id"], name="changes_parcel_urgent")),
    ]
