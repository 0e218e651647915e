"""The triggers that tell the audit of prices, and of stock that the ledger of movements does not tell all about."""

from django.db import migrations

# By statement, so that an import which changes many prices writes its entries at once. The former and the changed rows
# are compared as sets: a join would be planned for the few rows of the first statement of a session.
# Stock that customers, imports and the shop itself move is told by its movement alone; a level that follows from those
# of variations is not told at all.


def _told(columns: tuple[str, ...]) -> str:
    return f"jsonb_build_object({', '.join(f'''{name!r}, {name}::text''' for name in columns)})"


def _entries(kind: str, model: str, columns: tuple[str, ...]) -> str:
    """One entry for each row of which a column changed, with those columns that did."""
    told = _told(columns)
    return f"""
    INSERT INTO common_auditentry
        (kind, object_type, object_id, before, after, door, actor_id, origin, request_id, client_address)
    SELECT '{kind}', '{model}', p.id, d.was, d.becomes,
        c.door, c.actor_id, c.origin, c.request_id, c.client_address
    FROM (
        SELECT id, max(told::text) FILTER (WHERE NOT is_new)::jsonb AS was,
            max(told::text) FILTER (WHERE is_new)::jsonb AS becomes
        FROM (
            SELECT id, {told} AS told, false AS is_new FROM former
            UNION ALL SELECT id, {told}, true FROM changed
        ) both_rows GROUP BY id
    ) p CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(key, p.was->key) AS was, jsonb_object_agg(key, p.becomes->key) AS becomes
        FROM jsonb_object_keys(p.was) AS key WHERE p.was->key IS DISTINCT FROM p.becomes->key
    ) d
    WHERE p.was IS DISTINCT FROM p.becomes ORDER BY p.id;
    """


def _trigger(table: str, model: str, prices: tuple[str, ...]) -> migrations.RunSQL:
    def differ(columns: tuple[str, ...]) -> str:
        names = ", ".join(("id", *columns))
        return f"EXISTS (SELECT {names} FROM changed EXCEPT SELECT {names} FROM former)"

    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            c record;
            prices_differ boolean := {differ(prices)};
            stock_differs boolean := pg_trigger_depth() = 1 AND {differ(("stock_quantity",))};
        BEGIN
            IF NOT (prices_differ OR stock_differs) THEN
                RETURN NULL;
            END IF;
            SELECT * INTO c FROM common_audit_context();
            IF prices_differ THEN {_entries("price", model, prices)} END IF;
            IF stock_differs AND c.door NOT IN ('storefront', 'task', 'import') THEN
                {_entries("stock", model, ("stock_quantity",))}
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {table}_audit AFTER UPDATE ON {table}
        REFERENCING OLD TABLE AS former NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_audit();

        CREATE FUNCTION {table}_audit_gone() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            c record;
        BEGIN
            SELECT * INTO c FROM common_audit_context();
            IF c.door <> 'import' THEN
                INSERT INTO common_auditentry
                    (kind, object_type, object_id, before, after, door, actor_id, origin, request_id, client_address)
                SELECT 'price', '{model}', f.id, {_told(("sku", *prices, "stock_quantity"))}, NULL,
                    c.door, c.actor_id, c.origin, c.request_id, c.client_address
                FROM former f ORDER BY f.id;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {table}_audit_gone AFTER DELETE ON {table} REFERENCING OLD TABLE AS former
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_audit_gone();
        """,
        f"""
        DROP TRIGGER {table}_audit_gone ON {table};
        DROP FUNCTION {table}_audit_gone();
        DROP TRIGGER {table}_audit ON {table};
        DROP FUNCTION {table}_audit();
        """,
    )


class Migration(migrations.Migration):
    dependencies = [("common", "0008_audit_triggers"), ("products", "0030_catalogue_state")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        _trigger("products_product", "products.product", ("price", "compare_price", "cost_price")),
        _trigger("products_productvariation", "products.productvariation", ("price_adjustment",)),
    ]
