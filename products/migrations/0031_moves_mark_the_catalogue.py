"""Changing when a product was created moves it within lists, which the catalogue's state is to tell."""

from django.db import migrations

TRIGGER = """
SET LOCAL lock_timeout = '5s';
DROP TRIGGER products_product_offered ON products_product;
CREATE TRIGGER products_product_offered AFTER UPDATE ON products_product FOR EACH ROW
WHEN ({changed}) EXECUTE FUNCTION products_note_change('membership');
"""
OFFERED = "OLD.is_active IS DISTINCT FROM NEW.is_active"
MOVED = "OLD.created_at IS DISTINCT FROM NEW.created_at"


class Migration(migrations.Migration):
    dependencies = [("products", "0030_catalogue_state")]

    operations = [
        migrations.RunSQL(TRIGGER.format(changed=f"{OFFERED} OR {MOVED}"), TRIGGER.format(changed=OFFERED)),
    ]
