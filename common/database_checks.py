"""What must be true of the database itself: sequences ahead, indexes valid, and every last guard in its place."""

from django.apps import apps

from common.registry import IntegrityCheck, integrity_checks

# A row inserted with an id of its own (an import, a restore) leaves its sequence behind, and a later insert fails.
SEQUENCES = """
SELECT s.relname AS sequence, t.relname AS table, highest.id, coalesce(pg_sequence_last_value(s.oid), 0) AS last_value
FROM pg_class s
JOIN pg_depend d
    ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
CROSS JOIN LATERAL (
    SELECT (xpath('/row/id/text()', query_to_xml(
        format('SELECT max(%I) AS id FROM %s', a.attname, t.oid::regclass), false, true, ''
    )))[1]::text::bigint AS id
) highest
WHERE s.relkind = 'S' AND highest.id > coalesce(pg_sequence_last_value(s.oid), 0)
"""
# A concurrent build that failed leaves an index which costs every write and serves no read, nor guards uniqueness.
INDEXES = """
SELECT i.indexrelid::regclass AS index, i.indrelid::regclass AS table
FROM pg_index i
WHERE NOT i.indisvalid AND i.indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
"""


# What the constraints guard is not counted again: as long as they stand, no row can breach them.
_GUARDS = """
SELECT g.name AS id, g.name AS missing, g.model FROM (VALUES {guards}) AS g (name, model)
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = g.name AND c.convalidated)
  AND NOT EXISTS (
      SELECT 1 FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid AND i.indisunique WHERE c.relname = g.name
  )
"""


def guards_sql() -> str:
    """The check of every named constraint of every model; a conditional unique one is an index."""
    described = [model._meta for model in apps.get_models()]  # noqa: SLF001 - Django's own door to them
    guards = [(constraint.name, each.label) for each in described for constraint in each.constraints]
    return _GUARDS.format(guards=", ".join(f"('{name}', '{model}')" for name, model in sorted(guards)))


def register() -> None:
    """Contribute the checks; called once when the application is ready."""
    integrity_checks.register(
        "database.guards", IntegrityCheck("every constraint that guards the books stands", guards_sql())
    )
    integrity_checks.register("database.sequences", IntegrityCheck("every sequence is ahead of its column", SEQUENCES))
    integrity_checks.register("database.indexes", IntegrityCheck("every index is valid", INDEXES))
