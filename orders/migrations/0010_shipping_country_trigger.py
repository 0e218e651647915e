"""From here on every order has its country, whoever writes it: the release before this one too, and imports."""

from django.db import migrations

COUNTRY_OF = """
CREATE OR REPLACE FUNCTION orders_country_of(address jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN upper(address ->> 'country') ~ '^[A-Z]{2}$' THEN upper(address ->> 'country') ELSE '' END;
"""
SET_COUNTRY = """
CREATE OR REPLACE FUNCTION orders_set_shipping_country() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.shipping_country := orders_country_of(NEW.shipping_address_snapshot);
    RETURN NEW;
END $$;
"""
TRIGGER = """
CREATE OR REPLACE TRIGGER orders_order_country BEFORE INSERT OR UPDATE OF shipping_address_snapshot ON orders_order
FOR EACH ROW EXECUTE FUNCTION orders_set_shipping_country()
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_shipping_country")]

    operations = [
        migrations.RunSQL(COUNTRY_OF, "DROP FUNCTION orders_country_of"),
        migrations.RunSQL(SET_COUNTRY, "DROP FUNCTION orders_set_shipping_country"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER orders_order_country ON orders_order"),
    ]
