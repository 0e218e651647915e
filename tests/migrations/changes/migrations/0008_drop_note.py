from django.db import migrations

from common.schema.operations import DropColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("changes", "0007_forget_note")]

    operations = [DropColumn("changes_parcel", "note")]
