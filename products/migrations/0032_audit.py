"""The triggers that tell the audit of prices, and of stock that the ledger of movements does not tell all about."""

from django.db import migrations

_COLUMNS = "kind, object_type, object_id, before, after, door, actor_id, origin, request_id, client_address"
_CONTEXT = "c.door, c.actor_id, c.origin, c.request_id, c.client_address"

# Whose moves of stock are told by the ledger alone. Looked at in the condition of the trigger, at the end of the
# statement where no value of a caller's can stand: a sale must not pay for more than that.
_TOLD_BY_LEDGER = r"right(current_query(), 600) ~ '/\*audit (storefront|task|import)\|[^*]*\*/[\s;]*$'"


def _told(columns: tuple[str, ...], row: str) -> str:
    return f"jsonb_build_object({', '.join(f'''{name!r}, {row}.{name}::text''' for name in columns)})"


def _trigger(table: str, model: str, prices: tuple[str, ...]) -> migrations.RunSQL:
    """By row, under conditions: a sale, which changes no price, pays for no function and for no tables of a statement.

    The level of a product that follows from those of its variations is not told.
    """
    differ = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in prices)
    same = ", ".join(f"CASE WHEN OLD.{name} IS NOT DISTINCT FROM NEW.{name} THEN '{name}' END" for name in prices)
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_audit_price() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            same CONSTANT text[] := array_remove(ARRAY[{same}], NULL);
            c record;
        BEGIN
            SELECT * INTO c FROM common_audit_context();
            INSERT INTO common_auditentry ({_COLUMNS}) VALUES (
                'price', '{model}', NEW.id, {_told(prices, "OLD")} - same, {_told(prices, "NEW")} - same, {_CONTEXT}
            );
            RETURN NULL;
        END $$;
        CREATE TRIGGER {table}_audit_price AFTER UPDATE ON {table} FOR EACH ROW WHEN ({differ})
        EXECUTE FUNCTION {table}_audit_price();

        CREATE FUNCTION {table}_audit_stock() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() = 1 THEN
                INSERT INTO common_auditentry ({_COLUMNS})
                SELECT 'stock', '{model}', NEW.id, {_told(("stock_quantity",), "OLD")},
                    {_told(("stock_quantity",), "NEW")}, {_CONTEXT}
                FROM common_audit_context() c;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {table}_audit_stock AFTER UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.stock_quantity IS DISTINCT FROM NEW.stock_quantity AND NOT {_TOLD_BY_LEDGER})
        EXECUTE FUNCTION {table}_audit_stock();

        CREATE FUNCTION {table}_audit_gone() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO common_auditentry ({_COLUMNS})
            SELECT 'price', '{model}', f.id, {_told(("sku", *prices, "stock_quantity"), "f")}, NULL, {_CONTEXT}
            FROM former f, common_audit_context() c WHERE c.door <> 'import' ORDER BY f.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {table}_audit_gone AFTER DELETE ON {table} REFERENCING OLD TABLE AS former
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_audit_gone();
        """,
        f"""
        DROP TRIGGER {table}_audit_gone ON {table};
        DROP FUNCTION {table}_audit_gone();
        DROP TRIGGER {table}_audit_stock ON {table};
        DROP FUNCTION {table}_audit_stock();
        DROP TRIGGER {table}_audit_price ON {table};
        DROP FUNCTION {table}_audit_price();
        """,
    )


class Migration(migrations.Migration):
    dependencies = [("common", "0007_audit_triggers"), ("products", "0031_moves_mark_the_catalogue")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        _trigger("products_product", "products.product", ("price", "compare_price", "cost_price")),
        _trigger("products_productvariation", "products.productvariation", ("price_adjustment",)),
    ]
