"""`manage.py import_undo`: what no one has changed since goes back to what it was; the rest stays and is told."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.integrity import run_checks
from common.models import ImportBatch, ImportChange, OutboxEvent
from orders.models import Cart, CartItem
from products.imports import service
from products.imports.undo import service as undo_service
from products.imports.undo import writing
from products.models import (
    BoughtTogether,
    Category,
    FormerSlug,
    PastPrice,
    Product,
    ProductImage,
    ProductVariation,
    StockMovement,
)
from products.services import products, stock, variations
from products.services.categories import update_category
from products.services.stock import StockKey
from tests.factories.authentication import UserFactory
from tests.factories.products import CategoryFactory, ImageFactory, ProductFactory, ReviewFactory, VariationFactory
from tests.imports.conftest import LIVOSTYLE, ImportFile, UndoBatch, WriteFile

# Ledgers, batches, what tells of changes, what is known of files, and the words that the search has learned, which
# propose nothing without a product; the times and versions of the others grow with every change.
EXCEPTED = {
    *("products_stockmovement", "products_pastprice", "common_importbatch", "common_importchange"),
    *("common_outboxevent", "analytics_categorychange", "products_searchword", "products_picturefile"),
    *("products_cataloguestate", "products_cataloguechange", "common_auditentry"),
}
GROWING = ("updated_at", "version")

HEADER = "sku,parent_sku,name,slug,price,stock_quantity,is_active,categories,option_name,option_value,price_adjustment"


def database() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but the excepted ones, without what grows with each change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted({name for (name,) in cursor.fetchall()} - EXCEPTED)
        rows = {}
        for table in tables:
            without = "".join(f" - '{column}'" for column in GROWING)
            cursor.execute(f"SELECT (to_jsonb(t){without})::text FROM {table} t ORDER BY 1")
            rows[table] = [row for (row,) in cursor.fetchall()]
    return {table: found for table, found in rows.items() if found}


def assert_integrity(*, of: str = "") -> None:
    assert [result for result in run_checks() if result.breaches and result.name.startswith(of)] == []


def the_shop() -> None:
    """A shop with something of everything that an import may touch."""
    hats = CategoryFactory.create(name="Hats", slug="hats")
    sale = CategoryFactory.create(name="Sale", slug="sale")
    renamed = ProductFactory.create(sku="OLD", slug="first-slug", categories=[hats, sale])
    Product.objects.filter(sku="OLD").update(slug="second-slug")
    ImageFactory.create(product=renamed, image="products/old.webp", is_featured=True, alt_text="Old")
    ImageFactory.create(product=renamed, image="products/other.webp", order=2)
    ProductFactory.create(sku="OWN", slug="own", stock=7)
    VariationFactory.create(product=ProductFactory.create(sku="SIZED", slug="sized", stock=0), sku="SIZED-S", value="S")
    ProductFactory.create(sku="IDLE", slug="idle", is_active=False)


COLUMNS = (
    *("sku", "parent_sku", "name", "slug", "description", "price", "compare_price", "weight", "stock_quantity"),
    *("is_active", "tax_class", "categories", "images", "image_alt_texts", "option_name", "option_value"),
    "price_adjustment",
)
FILE = (
    ",".join(COLUMNS),
    "OLD,,Newer,third-slug,Other words,12,15,0.3,99,no,reduced,Hats > Sun Hats | Sale,products/other.webp,Fresh,,,",
    "OWN,,Own,,A thing,10,,,,,,,,,,,",
    "OWN-S,OWN,,,,,,,3,,,,,,Size,S,-1",
    "OWN-M,OWN,,,,,,,0,,,,,,Size,M,",
    "SIZED-S,SIZED,,,,,,,,,,,,,Size,Small,2",
    "SIZED-L,SIZED,,,,,,,4,,,,,,Size,L,",
    "IDLE,,Idle,first-slug-2,,10,,,,yes,,,,,,,",
    "NEW,,New,,,5,,,6,,,Fresh > Arrivals > Today,,,,,",
    "BOTH,,Both,,,5,,,,,,Hats,,,,,",
    "BOTH-1,BOTH,,,,,,,2,,,,,,Size,1,",
)


@pytest.mark.django_db(transaction=True)
def test_import_and_undo_leave_the_database_as_before(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    the_shop()
    before = database()

    imported = import_file(write_file(*FILE))
    assert imported.err == []
    assert imported.out[0].startswith("10 changed: 6 created, 4 updated")
    assert_integrity()
    undone = undo_batch(imported.batch)

    assert undone.status == 0, undone.out
    assert database() == before
    assert_integrity()


def test_after_an_undo_the_same_file_imports_to_the_same_end(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    the_shop()
    path = write_file(*FILE)
    first = import_file(path)
    once = catalogue()
    undo_batch(first.batch)

    again = import_file(path)

    assert again.out == first.out
    assert catalogue() == once
    assert undo_batch(again.batch).status == 0
    assert_integrity()


def catalogue() -> dict[str, Any]:
    """The catalogue without keys, which differ each time."""
    return {
        "products": list(
            Product.objects.order_by("sku").values_list(
                "sku", "name", "slug", "price", "stock_quantity", "is_active", "description"
            )
        ),
        "variations": list(
            ProductVariation.objects.order_by("sku").values_list("sku", "name", "value", "stock_quantity")
        ),
        "places": sorted(Product.objects.values_list("sku", "categories__slug"), key=str),
        "pictures": sorted(ProductImage.objects.values_list("product__sku", "image", "alt_text", "is_featured")),
    }


def test_a_whole_file_with_its_pictures_goes_again(import_file: ImportFile, undo_batch: UndoBatch) -> None:
    ProductFactory.create()
    before = database()
    imported = import_file(LIVOSTYLE / "products.csv", "--images", str(LIVOSTYLE))

    undone = undo_batch(imported.batch)

    assert undone.out[-1].endswith("put back, 0 left")
    assert database() == before
    assert_integrity()


def test_imports_are_undone_one_after_the_other(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    ProductFactory.create(sku="A", price=1)
    before = database()
    first = import_file(write_file("sku,price,name", "A,2,A", "B,2,B"))
    second = import_file(write_file("sku,price,categories", "A,3,Hats", "B,3,Hats"))

    assert undo_batch(second.batch).status == 0
    assert undo_batch(first.batch).status == 0

    assert database() == before


def test_it_tells_row_by_row(import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile) -> None:
    ProductFactory.create(sku="A", name="A", slug="a", price=1)
    ProductFactory.create(sku="B", name="B", slug="b", price=1)
    ProductFactory.create(sku="D", name="D", slug="d", price=1)
    batch = import_file(
        write_file("sku,name,price,categories", "A,A,2,Hats", "B,Bee,2,", "C,C,1,Hats > Top Hats", "D,D,2,", "E,E,1,")
    ).batch
    Product.objects.filter(sku="B").update(price=3)
    Product.objects.filter(sku="D").update(price=4)
    Product.objects.filter(sku="E").update(name="Eve")

    undone = undo_batch(batch)

    assert undone.out == [
        "line 2: put back product A categories, price: 2.0 -> 1.0",
        "line 3: put back in part product B name: 'Bee' -> 'B' (price: changed since)",
        "line 4: removed product C",
        "line 5: left product D (price: changed since)",
        "line 6: left product E (name: changed since)",
        "removed category Hats",
        "removed category Hats > Top Hats",
        "4 put back, 3 left",
    ]
    assert undone.status == 2
    assert dict(Product.objects.values_list("sku", "price")) == {
        "A": Decimal("1.00"),
        "B": Decimal("3.00"),
        "D": Decimal("4.00"),
        "E": Decimal("1.00"),
    }
    assert Product.objects.get(sku="E").is_active
    row = ImportBatch.objects.get(id=batch)
    assert (row.status, row.put_back_count, row.left_count) == ("partly_undone", 4, 3)
    assert ImportChange.objects.get(batch_id=batch, label="B").reason == "price: changed since"


def test_a_dry_run_tells_the_same_and_writes_nothing(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    the_shop()
    batch = import_file(write_file(*FILE)).batch
    before = database(), list(ImportChange.objects.values()), list(StockMovement.objects.values())

    tried = undo_batch(batch, "--dry-run")

    assert (database(), list(ImportChange.objects.values()), list(StockMovement.objects.values())) == before
    undone = undo_batch(batch)
    assert tried.out == [*undone.out[:-1], f"dry run, nothing written; would be {undone.out[-1]}"]


def test_a_second_undo_says_so_and_does_nothing(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    batch = import_file(write_file("sku,name,price", "A,A,1")).batch
    undo_batch(batch)
    Product.objects.create(sku="A", name="A", slug="a", price=1)

    again = undo_batch(batch)

    assert (again.status, again.out) == (1, [])
    assert again.err[0].startswith(f"nothing undone: batch {batch} was undone already, at ")
    assert Product.objects.filter(sku="A").exists()


def test_a_batch_that_does_not_exist(undo_batch: UndoBatch) -> None:
    undone = undo_batch(4711)

    assert (undone.status, undone.err) == (1, ["nothing undone: there is no batch 4711"])


def _put_in_cart(product: Product, variation: ProductVariation | None) -> None:
    cart = Cart.objects.create(user=UserFactory.create())
    CartItem.objects.create(cart=cart, product=product, variation=variation, quantity=1, price_seen=product.price)


def _review(product: Product, variation: ProductVariation | None) -> None:
    ReviewFactory.create(product=product)


def _sell(product: Product, variation: ProductVariation | None) -> None:
    with transaction.atomic():
        stock.take(demand={StockKey(product.id, variation.id if variation else None): 1}, order_number="SOLD")


def _sell_and_take_back(product: Product, variation: ProductVariation | None) -> None:
    key = StockKey(product.id, variation.id if variation else None)
    with transaction.atomic():
        stock.take(demand={key: 1}, order_number="SOLD")
        stock.give_back(units={key: 1}, order_number="SOLD", reason=StockMovement.Reason.CANCELLATION)


@pytest.mark.parametrize(
    ("use", "why"),
    [
        (_put_in_cart, "in use: cart items; taken off the shop"),
        (_review, "in use: product reviews; taken off the shop"),
        (_sell, "in use: stock moved; taken off the shop"),
        (_sell_and_take_back, "in use: stock moved; taken off the shop"),
    ],
)
def test_a_new_product_in_use_stays_but_leaves_the_shop(
    use: Callable[[Product, ProductVariation | None], None],
    why: str,
    import_file: ImportFile,
    undo_batch: UndoBatch,
    write_file: WriteFile,
) -> None:
    batch = import_file(write_file("sku,name,price,stock_quantity,categories", "A,A,1,5,Hats", "B,B,1,5,")).batch
    product = Product.objects.get(sku="A")
    use(product, None)

    undone = undo_batch(batch)

    assert undone.status == 2
    assert undone.out == [
        f"line 2: left product A ({why})",
        "line 3: removed product B",
        "left category Hats (in use: products)",
        "1 put back, 2 left",
    ]
    assert Product.objects.values_list("sku", "is_active").get() == ("A", False)
    assert OutboxEvent.objects.filter(name="product.deactivated", resource=f"product:{product.id}").count() == 1
    assert_integrity(of="products.")  # no order stands behind what was sold here


@pytest.mark.parametrize("use", [_put_in_cart, _sell])
def test_a_new_variation_in_use_stays_but_is_not_offered(
    use: Callable[[Product, ProductVariation | None], None],
    import_file: ImportFile,
    undo_batch: UndoBatch,
    write_file: WriteFile,
) -> None:
    product = ProductFactory.create(sku="P", stock=4)
    batch = import_file(write_file(HEADER, "P-S,P,,,,3,,,Size,S,", "P-M,P,,,,2,,,Size,M,")).batch
    use(product, ProductVariation.objects.get(sku="P-S"))

    undone = undo_batch(batch)

    assert undone.status == 2
    assert "line 3: removed variation P-M" in undone.out
    assert "left stock P (stock_quantity: it sells by variation)" in undone.out
    assert ProductVariation.objects.values_list("sku", "is_active").get() == ("P-S", False)
    assert Product.objects.get(sku="P").is_active
    assert_integrity(of="products.")


def test_a_new_product_that_somebody_works_on_stays_as_it_is(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    batch = import_file(
        write_file(HEADER, "A,,A,,1,,,,,,", "B,,B,,1,,,,,,", "C,,C,,1,,,,,,", "D,,D,,1,,,,,,", "D-S,D,,,,3,,,Size,S,")
    ).batch
    by_sku = {product.sku: product for product in Product.objects.all()}
    ImageFactory.create(product=by_sku["A"])
    by_sku["B"].categories.add(CategoryFactory.create())
    variations.create_variation(
        product_id=by_sku["C"].id, fields={"name": "Size", "value": "S", "sku": "C-S", "price_adjustment": Decimal(0)}
    )
    ProductVariation.objects.filter(sku="D-S").update(value="Small")

    undone = undo_batch(batch)

    assert undone.out == [
        "line 2: left product A (images: changed since)",
        "line 3: left product B (categories: changed since)",
        "line 4: left product C (variations: changed since)",
        "line 5: left product D (variations: changed since)",
        "line 6: left variation D-S (product: stays; value: changed since)",
        "0 put back, 5 left",
    ]
    assert Product.objects.filter(is_active=True).count() == 4
    assert_integrity()


@pytest.mark.django_db(transaction=True)
def test_what_new_things_cost_in_between_goes_with_them(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    the_shop()
    before = database()
    batch = import_file(write_file(*FILE)).batch
    for there, back in ((1, 0), (0, 1)):
        ProductVariation.objects.filter(sku__in=["SIZED-L", "BOTH-1"]).update(
            price_adjustment=F("price_adjustment") + there - back
        )
    Product.objects.filter(sku="NEW").update(price=9)
    Product.objects.filter(sku="NEW").update(price=5)
    old, new = Product.objects.get(sku="OLD"), Product.objects.get(sku="NEW")
    BoughtTogether.objects.create(product=old, other=new, place=1, order_count=2)
    BoughtTogether.objects.create(product=new, other=old, place=1, order_count=2)
    assert set(PastPrice.objects.values_list("product__sku", "variation__sku")) >= {
        ("NEW", None),
        ("SIZED", "SIZED-L"),
        ("BOTH", "BOTH-1"),
    }

    undone = undo_batch(batch)

    assert undone.status == 0, undone.out
    assert database() == before
    assert_integrity()


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_the_import_overtook_is_made_again(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    later = timezone.now() + timedelta(days=1)
    ProductFactory.create(sku="PLANNED", is_active=False, publish_at=later, unpublish_at=later + timedelta(days=1))
    ProductFactory.create(sku="ENDING", unpublish_at=later)
    before = database()
    batch = import_file(write_file("sku,is_active", "PLANNED,yes", "ENDING,no")).batch
    assert dict(Product.objects.values_list("sku", "publish_at")) == {"PLANNED": None, "ENDING": None}

    assert undo_batch(batch).status == 0

    assert database() == before


def test_categories_go_where_they_are_empty_and_as_they_were_made(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    batch = import_file(
        write_file("sku,name,price,categories", "A,A,1,Used > Deep | Renamed | Parent > Child | Empty > Emptier")
    ).batch
    ProductFactory.create(categories=[Category.objects.get(name="Deep")])
    update_category(category_id=Category.objects.get(name="Renamed").id, fields={"name": "Other"})
    CategoryFactory.create(name="Grandchild", parent=Category.objects.get(name="Child"))

    undone = undo_batch(batch)

    assert [line for line in undone.out if "category" in line] == [
        "removed category Empty",
        "left category Parent (in use: subcategories)",
        "left category Renamed (name: changed since)",
        "left category Used (in use: subcategories)",
        "removed category Empty > Emptier",
        "left category Parent > Child (in use: subcategories)",
        "left category Used > Deep (in use: products)",
    ]
    assert OutboxEvent.objects.filter(name="category.deleted").count() == 2


def test_what_cannot_go_back_any_more_stays(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    hats = CategoryFactory.create(name="Hats")
    ProductFactory.create(sku="A", slug="a", price=5, categories=[hats])
    sized = VariationFactory.create(product=ProductFactory.create(sku="P", stock=0, price=3), sku="P-S", value="S")
    batch = import_file(
        write_file(HEADER, "A,,A,new-a,5,,,Shoes,,,", "P,,P,,20,,,,,,", "P-S,P,,,,,,,Size,Small,")
    ).batch
    ProductFactory.create(sku="B", slug="b")
    Product.objects.filter(sku="B").update(slug="a")
    hats.delete()
    variations.create_variation(
        product_id=sized.product_id,
        fields={"name": "Size", "value": "S", "sku": "P-XS", "price_adjustment": Decimal(-9)},
    )

    undone = undo_batch(batch)

    assert undone.status == 2
    told = "\n".join(undone.out)
    assert "slug: taken by another product" in told
    assert "categories: a category of then is gone" in told
    assert "price: a variation would cost less than nothing or too much" in told
    assert "left variation P-S (value: taken by another variation)" in told
    assert_integrity()


def test_a_slug_goes_back_with_the_former_slugs_around_it(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    other = ProductFactory.create(sku="B", slug="wanted")
    Product.objects.filter(sku="B").update(slug="elsewhere")
    ProductFactory.create(sku="A", slug="a")
    batch = import_file(write_file("sku,slug", "A,wanted")).batch
    assert FormerSlug.objects.values_list("slug", "product__sku").get() == ("a", "A")

    undo_batch(batch)

    assert FormerSlug.objects.values_list("slug", "product_id").get() == ("wanted", other.id)
    assert Product.objects.get(sku="A").slug == "a"


def test_a_product_that_goes_off_the_shop_again_is_told(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    product = ProductFactory.create(sku="A", is_active=False)
    batch = import_file(write_file("sku,is_active", "A,yes")).batch

    undo_batch(batch)

    assert not Product.objects.get(sku="A").is_active
    assert OutboxEvent.objects.get(name="product.deactivated").resource == f"product:{product.id}"


def test_a_product_deactivated_by_staff_meanwhile_stays_so(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    batch = import_file(write_file("sku,name,price", "A,A,1")).batch
    products.deactivate_product(product_id=Product.objects.get(sku="A").id)

    undone = undo_batch(batch)

    assert undone.out == ["line 2: left product A (is_active: changed since)", "0 put back, 1 left"]


def test_what_somebody_changed_while_the_file_was_compared_is_what_it_goes_back_to(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    ProductFactory.create(sku="A", price=1)
    monkeypatch.setattr(service, "failpoint", lambda _name: Product.objects.filter(sku="A").update(price=5))
    batch = import_file(write_file("sku,price", "A,2")).batch

    undo_batch(batch)

    assert Product.objects.get(sku="A").price == 5


@pytest.mark.django_db(transaction=True)
def test_what_comes_into_use_at_the_last_moment_undoes_nothing(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = import_file(write_file("sku,name,price,stock_quantity", "A,A,1,3")).batch
    product = Product.objects.get(sku="A")
    before = database()

    def overtaken(**options: Any) -> None:
        writing.put_back(**options)
        _put_in_cart(product, None)

    monkeypatch.setattr(undo_service, "put_back", overtaken)

    undone = undo_batch(batch)

    assert (undone.status, undone.out) == (1, [])
    assert undone.err == [f"nothing undone: something of batch {batch} came into use meanwhile: undo it again"]
    assert database() == before
    assert_integrity()


def test_products_are_locked_by_id_then_variations_by_id_before_anything_is_written(
    import_file: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    the_shop()
    batch = import_file(write_file(*FILE)).batch

    with CaptureQueriesContext(connection) as queries:
        undo_batch(batch)

    statements = [query["sql"] for query in queries]
    locks = [place for place, sql in enumerate(statements) if "FOR UPDATE" in sql or "pg_advisory" in sql]
    first_write = next(
        place for place, sql in enumerate(statements) if re.search(r"(UPDATE|DELETE FROM) products_", sql)
    )
    assert "products.import" in statements[locks[0]]
    assert "products:category-tree" in statements[locks[1]]
    assert "ORDER BY p.id FOR UPDATE OF p" in statements[locks[2]]
    assert "ORDER BY v.id FOR UPDATE OF v" in statements[locks[3]]
    assert locks[3] < first_write
