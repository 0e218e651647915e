"""What the database is told of who is at work."""

import pytest
from django.db import connection, transaction

from common.audit.context import Door, Work, begin, end, shortened, signed, working
from common.locking import lock_rows
from products.models import Product

UPDATE = "UPDATE products_product SET price = 1"


def _read(sql: str = "UPDATE pg_temp.told SET told = (common_audit_context()).door || '|' || %s RETURNING told") -> str:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS told AS SELECT ''::text AS told")
        cursor.execute(sql, ["/*audit admin|1||| */"])
        return str(cursor.fetchone()[0])


def test_says_nothing_where_nobody_is_at_work() -> None:
    assert signed(UPDATE) == UPDATE


def test_names_door_actor_and_origin_behind_what_writes() -> None:
    with working(Door.COMMAND, origin="set_prices", actor_id=7):
        assert signed(UPDATE) == f"{UPDATE} /*audit command|7|||set_prices */"
        assert signed("SELECT 1") == "SELECT 1"
        assert signed(" select 1; UPDATE a SET b = 1") != " select 1; UPDATE a SET b = 1"


def test_an_origin_cannot_end_the_comment_nor_pose_as_another_part() -> None:
    with working(Door.TASK, origin="a*/; DROP TABLE x --%s|admin|9"):
        assert signed(UPDATE) == f"{UPDATE} /*audit task||||a/ DROP TABLE x --sadmin9 */"


def test_a_part_is_by_the_same_person_unless_another_is_named() -> None:
    token = begin(Work(Door.ADMIN, origin="a page", actor_id=3))
    try:
        with working(Door.IMPORT, origin="import of products"):
            assert signed(UPDATE).endswith("/*audit import|3|||import of products */")
        with working(Door.IMPORT, origin="import of products", actor_id=4):
            assert signed(UPDATE).endswith("/*audit import|4|||import of products */")
        assert signed(UPDATE).endswith("/*audit admin|3|||a page */")
    finally:
        end(token)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_an_address_is_shortened_to_its_network(address: str, network: str) -> None:
    assert shortened(address) == network


@pytest.mark.django_db
def test_the_database_reads_what_stands_behind_the_statement_and_no_value_of_a_caller() -> None:
    with working(Door.COMMAND, origin="x"):
        assert _read().startswith("command|")
    assert _read().startswith("sql|")
    assert _read("SELECT (common_audit_context()).door || %s").startswith("sql/*audit admin")


@pytest.mark.django_db
def test_locks_and_statements_of_several_parts_are_told_too() -> None:
    with working(Door.TASK, origin="x"), transaction.atomic():
        lock_rows(Product.objects.all())
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1; SELECT (common_audit_context()).door")
            assert cursor.fetchone() == ("task",)
