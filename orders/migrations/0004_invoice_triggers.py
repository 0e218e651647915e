"""The trigger that freezes invoices."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION orders_refuse_change_of_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'invoice % was issued: it cannot be changed or deleted', OLD.number
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_invoice_frozen BEFORE UPDATE OR DELETE ON orders_invoice FOR EACH ROW
EXECUTE FUNCTION orders_refuse_change_of_invoice();
"""
THAW = """
DROP TRIGGER orders_invoice_frozen ON orders_invoice;
DROP FUNCTION orders_refuse_change_of_invoice();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_invoices")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
