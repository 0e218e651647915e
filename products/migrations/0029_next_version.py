"""Versions are times, so that none comes again with other content after a backup was restored."""

from django.db import migrations

NEXT_VERSION = """
CREATE FUNCTION products_next_version(before bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT greatest(before + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
$$;
"""
# Every function of the catalogue that makes a version grow, whichever migration wrote it last.
REWRITE = r"""
DO $do$
DECLARE
    definition text;
BEGIN
    FOR definition IN
        SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = current_schema() AND p.proname LIKE 'products\_%' AND p.prosrc ~ '{known}'
    LOOP
        EXECUTE regexp_replace(definition, '{known}', '{wanted}', 'g');
    END LOOP;
END $do$;
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0028_indexes_of_barcodes")]

    operations = [
        migrations.RunSQL(NEXT_VERSION, "DROP FUNCTION products_next_version(bigint)"),
        migrations.RunSQL(
            REWRITE.format(known=r"version = ((l\.)?version) \+ 1", wanted=r"version = products_next_version(\1)"),
            REWRITE.format(known=r"version = products_next_version\(((l\.)?version)\)", wanted=r"version = \1 + 1"),
        ),
    ]
