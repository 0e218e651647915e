"""Batches of imports are of every application, so their tables move here from the catalogue."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# Names only: no row is touched but the two content types, which the permissions of roles go by.
MOVE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE products_importbatch RENAME TO common_importbatch;
ALTER TABLE products_importchange RENAME TO common_importchange;
ALTER SEQUENCE products_importbatch_id_seq RENAME TO common_importbatch_id_seq;
ALTER SEQUENCE products_importchange_id_seq RENAME TO common_importchange_id_seq;
ALTER INDEX products_importbatch_pkey RENAME TO common_importbatch_pkey;
ALTER INDEX products_importchange_pkey RENAME TO common_importchange_pkey;
ALTER TABLE common_importbatch RENAME CONSTRAINT products_importbatch_status TO common_importbatch_status;
ALTER TABLE common_importchange RENAME CONSTRAINT products_importchange_once TO common_importchange_once;
ALTER TABLE common_importchange RENAME CONSTRAINT products_importchange_before TO common_importchange_before;
ALTER TABLE common_importchange RENAME CONSTRAINT products_importchange_outcome TO common_importchange_outcome;
UPDATE django_content_type SET app_label = 'common'
WHERE app_label = 'products' AND model IN ('importbatch', 'importchange');
"""
BACK = """
ALTER TABLE common_importbatch RENAME TO products_importbatch;
ALTER TABLE common_importchange RENAME TO products_importchange;
ALTER SEQUENCE common_importbatch_id_seq RENAME TO products_importbatch_id_seq;
ALTER SEQUENCE common_importchange_id_seq RENAME TO products_importchange_id_seq;
ALTER INDEX common_importbatch_pkey RENAME TO products_importbatch_pkey;
ALTER INDEX common_importchange_pkey RENAME TO products_importchange_pkey;
ALTER TABLE products_importbatch RENAME CONSTRAINT common_importbatch_status TO products_importbatch_status;
ALTER TABLE products_importchange RENAME CONSTRAINT common_importchange_once TO products_importchange_once;
ALTER TABLE products_importchange RENAME CONSTRAINT common_importchange_before TO products_importchange_before;
ALTER TABLE products_importchange RENAME CONSTRAINT common_importchange_outcome TO products_importchange_outcome;
UPDATE django_content_type SET app_label = 'products'
WHERE app_label = 'common' AND model IN ('importbatch', 'importchange');
"""
# The kinds of other applications.
ADD = """
ALTER TABLE common_importbatch ADD COLUMN subject varchar(30) NOT NULL DEFAULT 'products';
COMMENT ON COLUMN common_importbatch.subject IS 'What was imported, as the command names it: products, customers, ...';
ALTER TABLE common_importchange DROP CONSTRAINT products_importchange_kind;
ALTER TABLE common_importchange ADD CONSTRAINT common_importchange_kind CHECK (kind IN (
    'product', 'variation', 'category', 'stock', 'level', 'customer', 'address', 'order'
)) NOT VALID;
COMMENT ON COLUMN common_importchange.kind IS
    'What it is; stock is a product''s own level, given up for its first variations; level is set';
COMMENT ON COLUMN common_importchange.target_id IS 'Key of what the kind says';
COMMENT ON COLUMN common_importchange.label IS
    'What people know it by: a SKU, the path of a category, an order''s number';
"""
DROP = """
ALTER TABLE common_importchange DROP CONSTRAINT common_importchange_kind;
ALTER TABLE common_importchange ADD CONSTRAINT products_importchange_kind CHECK (kind IN (
    'product', 'variation', 'category', 'stock'
)) NOT VALID;
ALTER TABLE common_importbatch DROP COLUMN subject;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0002_mail"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("products", "0009_search_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MOVE, BACK), migrations.RunSQL(ADD, DROP)],
            state_operations=[
                migrations.CreateModel(
                    name="ImportBatch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "subject",
                            models.CharField(
                                db_comment="What was imported, as the command names it: products, customers, ...",
                                db_default="products",
                                default="products",
                                max_length=30,
                            ),
                        ),
                        (
                            "file_name",
                            models.CharField(db_comment="Name of the file, without its folder", max_length=255),
                        ),
                        ("format", models.CharField(db_comment="Format that the file was read as", max_length=30)),
                        (
                            "mode",
                            models.CharField(
                                db_comment="What the import could do: upsert, create or update", max_length=10
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("applied", "Applied"),
                                    ("undone", "Undone"),
                                    ("partly_undone", "Partly undone"),
                                ],
                                db_comment="Whether it was undone since, wholly or in part",
                                db_default="applied",
                                default="applied",
                                max_length=20,
                            ),
                        ),
                        (
                            "created_count",
                            models.PositiveIntegerField(
                                db_comment="Rows that created something", db_default=0, default=0
                            ),
                        ),
                        (
                            "updated_count",
                            models.PositiveIntegerField(
                                db_comment="Rows that changed something", db_default=0, default=0
                            ),
                        ),
                        (
                            "unchanged_count",
                            models.PositiveIntegerField(
                                db_comment="Rows that changed nothing", db_default=0, default=0
                            ),
                        ),
                        (
                            "skipped_count",
                            models.PositiveIntegerField(
                                db_comment="Rows that the mode left out", db_default=0, default=0
                            ),
                        ),
                        (
                            "refused_count",
                            models.PositiveIntegerField(db_comment="Rows that were refused", db_default=0, default=0),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(
                                auto_now_add=True,
                                db_comment="When it was imported",
                                db_default=django.db.models.functions.datetime.Now(),
                            ),
                        ),
                        (
                            "undone_at",
                            models.DateTimeField(blank=True, db_comment="When it was undone; null is not", null=True),
                        ),
                        (
                            "put_back_count",
                            models.PositiveIntegerField(
                                db_comment="Changes that the undo put back wholly", db_default=0, default=0
                            ),
                        ),
                        (
                            "left_count",
                            models.PositiveIntegerField(
                                db_comment="Changes that the undo left, wholly or in part", db_default=0, default=0
                            ),
                        ),
                        (
                            "actor",
                            models.ForeignKey(
                                blank=True,
                                db_comment="Who imported it; null for the command line without a name, and the shop itself",
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "undone_by",
                            models.ForeignKey(
                                blank=True,
                                db_comment="Who undid it; null as for actor",
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "import batches",
                    },
                ),
                migrations.CreateModel(
                    name="ImportChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("product", "Product"),
                                    ("variation", "Variation"),
                                    ("category", "Category"),
                                    ("stock", "Own stock"),
                                    ("level", "Stock level"),
                                    ("customer", "Customer"),
                                    ("address", "Address"),
                                    ("order", "Order"),
                                ],
                                db_comment="What it is; stock is a product's own level, given up for its first variations; level is set",
                                max_length=10,
                            ),
                        ),
                        (
                            "action",
                            models.CharField(
                                choices=[("created", "Created"), ("updated", "Updated")],
                                db_comment="Created or updated",
                                max_length=10,
                            ),
                        ),
                        ("target_id", models.BigIntegerField(db_comment="Key of what the kind says")),
                        (
                            "label",
                            models.TextField(
                                db_comment="What people know it by: a SKU, the path of a category, an order's number"
                            ),
                        ),
                        (
                            "line",
                            models.PositiveIntegerField(
                                blank=True, db_comment="Line of the file, where one row made it", null=True
                            ),
                        ),
                        (
                            "before",
                            models.JSONField(
                                blank=True,
                                db_comment="The changed columns as they were; null for what was created",
                                null=True,
                            ),
                        ),
                        (
                            "after",
                            models.JSONField(
                                db_comment="The same columns as the import left them; of what was created, all of them"
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "Not undone"),
                                    ("put_back", "Put back"),
                                    ("partly", "Put back in part"),
                                    ("left", "Left"),
                                ],
                                db_comment="What the undo did with it; empty before",
                                db_default="",
                                default="",
                                max_length=10,
                            ),
                        ),
                        (
                            "reason",
                            models.TextField(
                                blank=True,
                                db_comment="Why the undo left it or a column of it",
                                db_default="",
                                default="",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                db_comment="Batch reference",
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="changes",
                                to="common.importbatch",
                            ),
                        ),
                    ],
                ),
                migrations.AddConstraint(
                    model_name="importbatch",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("left_count", 0), ("put_back_count", 0), ("status", "applied"), ("undone_at", None)
                            ),
                            models.Q(("left_count", 0), ("status", "undone"), ("undone_at__isnull", False)),
                            models.Q(("left_count__gte", 1), ("status", "partly_undone"), ("undone_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="common_importbatch_status",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importchange",
                    constraint=models.UniqueConstraint(
                        fields=("batch", "kind", "target_id"), name="common_importchange_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", "created"), ("before__isnull", True)),
                            models.Q(("action", "updated"), ("before__isnull", False)),
                            _connector="OR",
                        ),
                        name="common_importchange_before",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["product", "variation", "category", "stock", "level", "customer", "address", "order"],
                            )
                        ),
                        name="common_importchange_kind",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["", "put_back"]),
                            models.Q(("outcome__in", ["partly", "left"]), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="common_importchange_outcome",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE common_importchange VALIDATE CONSTRAINT common_importchange_kind", migrations.RunSQL.noop
        ),
    ]
