"""When products are published and taken off, and which are discontinued; nullable or with a default of the database."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# Whoever offers a product by hand has overtaken its publication, and an end that has passed; whoever takes it off by
# hand has overtaken its end. A new plan that comes with the change stays.
OVERTAKE = """
CREATE FUNCTION products_end_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_active THEN
        NEW.publish_at := NULL;
        IF NEW.unpublish_at <= now() THEN
            NEW.unpublish_at := NULL;
        END IF;
    ELSIF NEW.publish_at IS NULL AND NEW.unpublish_at IS NOT DISTINCT FROM OLD.unpublish_at THEN
        NEW.unpublish_at := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER products_product_end_schedule BEFORE UPDATE ON products_product
FOR EACH ROW
WHEN (OLD.is_active <> NEW.is_active AND (NEW.publish_at IS NOT NULL OR NEW.unpublish_at IS NOT NULL))
EXECUTE FUNCTION products_end_schedule();
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0015_tree_triggers")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="publish_at",
            field=models.DateTimeField(
                blank=True, db_comment="When it will be offered; null once it is, or where nobody planned it", null=True
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="unpublish_at",
            field=models.DateTimeField(
                blank=True, db_comment="When it will be taken off the shop; null once it is, or never", null=True
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="is_discontinued",
            field=models.BooleanField(
                db_comment="Sold while stock lasts, not to be ordered again", db_default=False, default=False
            ),
        ),
        AddConstraintNotValid(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("publish_at", None), ("is_active", False), _connector="OR"),
                name="products_product_hidden_until_published",
            ),
        ),
        AddConstraintNotValid(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("publish_at", None),
                    ("unpublish_at", None),
                    ("publish_at__lt", models.F("unpublish_at")),
                    _connector="OR",
                ),
                name="products_product_published_before_its_end",
            ),
        ),
        migrations.RunSQL(OVERTAKE, migrations.RunSQL.noop),
    ]
