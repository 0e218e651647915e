"""Notes the files of pictures that were there before the triggers, some thousands at a time."""

from django.db import migrations

BATCH = 10_000
NOTE = """
INSERT INTO products_picturefile (name)
SELECT DISTINCT image FROM products_productimage WHERE id > %s AND id <= %s AND image <> ''
ON CONFLICT (name) DO NOTHING
"""


def note_files(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM products_productimage")
        (last,) = cursor.fetchone()
        for start in range(0, last, BATCH):
            cursor.execute(NOTE, [start, start + BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("products", "0021_picture_file_triggers")]

    operations = [migrations.RunPython(note_files, migrations.RunPython.noop, elidable=True)]
