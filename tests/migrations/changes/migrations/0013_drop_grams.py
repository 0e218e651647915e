from django.db import migrations

from common.schema.operations import DropColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0012_forget_grams")]

    operations = [
        migrations.RunSQL("DROP TRIGGER IF EXISTS changes_parcel_both ON changes_parcel", migrations.RunSQL.noop),
        migrations.RunSQL("DROP FUNCTION IF EXISTS changes_keep_both()", migrations.RunSQL.noop),
        DropColumn("changes_parcel", "grams"),
    ]
