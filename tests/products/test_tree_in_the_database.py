"""The category tree stays a tree under bare SQL and concurrent moves; without its lock two moves make a cycle."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from common.integrity import run_checks
from tests.factories.products import CategoryFactory

ONE_BELOW_TWO = "UPDATE products_category SET parent_id = (SELECT id FROM products_category WHERE slug = 'two')"
OF_ONE = " WHERE slug = 'one'"
TWO_BELOW_ONE = (
    "UPDATE products_category SET parent_id = (SELECT id FROM products_category WHERE slug = 'one') WHERE slug = 'two'"
)
WAIT_SECONDS = 0.3


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def has_cycle() -> bool:
    found = {result.name: result.breaches for result in run_checks()}
    return bool(found["products.category_cycles"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        (
            "UPDATE products_category SET parent_id = (SELECT id FROM products_category WHERE slug = 'leaf')"
            " WHERE slug = 'root'"
        ),
        (
            "UPDATE products_category SET parent_id = (SELECT id FROM products_category WHERE slug = 'leaf')"
            " WHERE slug = 'middle'"
        ),
        (
            "UPDATE products_category c SET parent_id = o.id FROM products_category o"
            " WHERE (c.slug, o.slug) IN (('root', 'other'), ('other', 'leaf'))"
        ),
        (
            "INSERT INTO products_category (id, name, slug, parent_id)"
            " VALUES (900001, 'A', 'a', 900002), (900002, 'B', 'b', 900001)"
        ),
        (
            "INSERT INTO products_category (id, name, slug, parent_id) VALUES (900001, 'A', 'a', 900002);"
            "INSERT INTO products_category (id, name, slug, parent_id) VALUES (900002, 'B', 'b', 900001)"
        ),
    ],
)
def test_bare_sql_makes_no_cycle(sql: str) -> None:
    root = CategoryFactory.create(slug="root")
    middle = CategoryFactory.create(slug="middle", parent=root)
    CategoryFactory.create(slug="leaf", parent=middle)
    CategoryFactory.create(slug="other")

    with pytest.raises(IntegrityError, match="would stand below itself"), transaction.atomic():
        execute(sql)

    assert not has_cycle()


@pytest.mark.django_db
def test_branches_may_change_places_in_one_statement() -> None:
    root = CategoryFactory.create(slug="root")
    upper = CategoryFactory.create(slug="upper", parent=root)
    lower = CategoryFactory.create(slug="lower", parent=upper)

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE products_category SET parent_id = CASE id WHEN %(upper)s THEN %(lower)s ELSE %(root)s END"
            " WHERE id IN (%(upper)s, %(lower)s)",
            {"root": root.id, "upper": upper.id, "lower": lower.id},
        )

    upper.refresh_from_db()
    lower.refresh_from_db()
    assert (upper.parent_id, lower.parent_id) == (lower.id, root.id)


@contextmanager
def second_mover(move: Callable[[], None]) -> Iterator[Future[None]]:
    """Somebody else who moves at the same time, on a connection of his own."""

    def run() -> None:
        try:
            move()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run)


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_moves_waits_for_the_first_and_is_refused() -> None:
    CategoryFactory.create(slug="one")
    CategoryFactory.create(slug="two")

    with transaction.atomic():
        execute(ONE_BELOW_TWO + OF_ONE)
        with second_mover(lambda: execute(TWO_BELOW_ONE)) as other:
            with pytest.raises(NotYet):
                other.result(timeout=WAIT_SECONDS)
            execute("COMMIT; BEGIN")  # the other one goes on when this move is done
            with pytest.raises(IntegrityError, match="would stand below itself"):
                other.result(timeout=10)

    assert not has_cycle()


@pytest.mark.django_db(transaction=True)
def test_a_move_on_an_old_snapshot_fails() -> None:
    CategoryFactory.create(slug="one")
    CategoryFactory.create(slug="two")

    def move_on_old_snapshot() -> None:
        with transaction.atomic():
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            execute("SELECT count(*) FROM products_category")
            with second_mover(lambda: execute(ONE_BELOW_TWO + OF_ONE)) as other:
                other.result(timeout=10)
            execute(TWO_BELOW_ONE)

    with pytest.raises(OperationalError, match="could not serialize"):
        move_on_old_snapshot()

    assert not has_cycle()


@contextmanager
def without_the_lock() -> Iterator[None]:
    execute("ALTER TABLE products_category DISABLE TRIGGER products_category_hold_tree")
    try:
        yield
    finally:
        execute("DELETE FROM products_category")
        execute("ALTER TABLE products_category ENABLE TRIGGER products_category_hold_tree")


@pytest.mark.django_db(transaction=True)
@pytest.mark.bare_rows
def test_the_careless_twin_makes_a_cycle() -> None:
    """Without the lock neither move sees the other, and both are fine alone: what the tests above prevent is real."""
    with without_the_lock():
        CategoryFactory.create(slug="one")
        CategoryFactory.create(slug="two")

        with transaction.atomic():
            execute(ONE_BELOW_TWO + OF_ONE)
            with second_mover(lambda: execute(TWO_BELOW_ONE)) as other:
                other.result(timeout=10)

        assert has_cycle()
