from django.db import migrations

from common.schema.operations import forget_field


class Migration(migrations.Migration):
    dependencies = [("changes", "0006_zone_is_needed")]

    operations = [forget_field("Parcel", "note")]
