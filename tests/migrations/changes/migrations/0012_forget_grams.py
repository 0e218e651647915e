from django.db import migrations, models

from common.schema.operations import forget_field


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0011_fill_milligrams")]

    operations = [
        migrations.AlterField("Parcel", "grams", models.IntegerField(null=True)),
        forget_field("Parcel", "grams"),
    ]
