"""All that the database holds, to search it for what it must not hold."""

from django.db import connection


def everything_stored() -> str:
    """The rows of all tables, as PostgreSQL writes them as text."""
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
            texts.append(cursor.fetchone()[0])
    return "\n".join(texts)
