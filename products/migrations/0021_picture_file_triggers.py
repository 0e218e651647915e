"""Triggers: each file that a picture points to has its row, and renditions raise the version of who shows them."""

from django.db import migrations

# In the order of names, so that two writers of the same new files do not wait for each other in a circle.
NOTE_FILES = """
CREATE FUNCTION products_note_picture_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO products_picturefile (name)
    SELECT DISTINCT c.image FROM changed c
    WHERE c.image <> '' AND NOT EXISTS (SELECT FROM products_picturefile f WHERE f.name = c.image)
    ORDER BY c.image
    ON CONFLICT (name) DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER products_productimage_note_insert AFTER INSERT ON products_productimage
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_note_picture_files();

CREATE TRIGGER products_productimage_note_update AFTER UPDATE ON products_productimage
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_note_picture_files();
"""

SHOW_RENDITIONS = """
CREATE FUNCTION products_show_renditions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products_productlisting SET version = version + 1
    WHERE product_id IN (SELECT product_id FROM products_productimage WHERE image = NEW.name);
    RETURN NULL;
END $$;

CREATE TRIGGER products_picturefile_show AFTER UPDATE ON products_picturefile FOR EACH ROW
WHEN ((OLD.width, OLD.height, OLD.renditions) IS DISTINCT FROM (NEW.width, NEW.height, NEW.renditions))
EXECUTE FUNCTION products_show_renditions();
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0020_index_of_picture_files")]

    operations = [
        migrations.RunSQL(NOTE_FILES, migrations.RunSQL.noop),
        migrations.RunSQL(SHOW_RENDITIONS, migrations.RunSQL.noop),
    ]
