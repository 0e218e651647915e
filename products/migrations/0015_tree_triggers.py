"""The triggers that keep the category tree a tree, whoever moves its branches."""

from django.db import migrations

# Two moves that are fine alone can make a cycle together, so moves wait for each other, on the lock that the services
# take too. It is taken before the statement locks a row: whoever holds it never waits for one who waits for it.
# New rows need no lock: nothing can stand below a category that nobody else sees.
HOLD = """
CREATE FUNCTION products_hold_category_tree() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('products:category-tree', 0));
    RETURN NULL;
END $$;

CREATE TRIGGER products_category_hold_tree BEFORE UPDATE OF parent_id ON products_category
FOR EACH STATEMENT EXECUTE FUNCTION products_hold_category_tree();
"""

# Each statement of a function sees what was committed when it began, so the walk sees the moves that were waited for.
# Under REPEATABLE READ it would not: there a lock on rows that were moved meanwhile fails, and the move with it.
# Many moves that only together leave a tree, as of two that change places, may be looked at when all are made.
REFUSE = """
CREATE FUNCTION products_refuse_category_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        PERFORM FROM products_category FOR SHARE;
    END IF;
    IF EXISTS (
        WITH RECURSIVE up (id) AS (
            SELECT c.parent_id FROM products_category c WHERE c.id = NEW.id AND c.parent_id IS NOT NULL
            UNION
            SELECT c.parent_id FROM products_category c JOIN up ON up.id = c.id WHERE c.parent_id IS NOT NULL
        )
        SELECT FROM up WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'category % would stand below itself', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'products_category_no_cycle';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER products_category_no_cycle_new AFTER INSERT ON products_category
DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION products_refuse_category_cycle();

CREATE CONSTRAINT TRIGGER products_category_no_cycle_moved AFTER UPDATE OF parent_id ON products_category
DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id)
EXECUTE FUNCTION products_refuse_category_cycle();
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0014_price_history_triggers")]

    operations = [
        migrations.RunSQL(HOLD, migrations.RunSQL.noop),
        migrations.RunSQL(REFUSE, migrations.RunSQL.noop),
    ]
