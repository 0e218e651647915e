"""Jobs of everything that can be imported and exported: checked, imported, undone and written out again."""

import pytest

from authentication.models import User
from common.imports.batches import undo_batch
from common.imports.jobs import moves
from common.imports.jobs.working import work_off_one
from common.imports.subjects import import_subjects
from common.models import ExportJob, ImportJob
from orders.models import Order
from products.models import Category, Product, StockMovement
from tests.conftest import ApiClientFor
from tests.factories.authentication import staff_user
from tests.factories.products import ProductFactory
from tests.imports.jobs.conftest import CLERK, send, work

pytestmark = pytest.mark.django_db

ORDER = (
    "order_number,created_at,status,email,paid_at,sku,product_name,quantity,price,shipping_full_name,"
    "shipping_address_line1,shipping_city,shipping_state,shipping_postal_code,shipping_country\n"
    "OLD-1,2024-05-01T10:00:00Z,delivered,ada@example.com,2024-05-01T10:05:00Z,LAMP,Lamp,2,10.00,Ada Lovelace,"
    "1 Main Street,Berlin,,10115,DE\n"
)
FILES = {
    "products": "sku,name,price\nNEW,New,3\n",
    "categories": "slug,name\nhats,Hats\n",
    "inventory": "sku,delta\nLAMP,5\n",
    "customers": "email,first_name\nada@example.com,Ada\n",
    "orders": ORDER,
}


def _traces() -> tuple[int, ...]:
    lamp = Product.objects.get(sku="LAMP")
    people = User.objects.filter(is_staff_member=False)
    rows = (Product.objects, Category.objects, people, Order.objects)
    return (lamp.stock_quantity, *(each.count() for each in rows))


@pytest.mark.parametrize("subject", FILES)
def test_a_file_is_checked_imported_and_undone(subject: str, client_for: ApiClientFor) -> None:
    kind = dict(import_subjects)[subject]
    clerk = staff_user(*CLERK, kind.permission, kind.export_permission)
    ProductFactory.create(sku="LAMP", stock=3)
    before = _traces()

    sent = send(client_for(clerk), FILES[subject].encode(), name=f"{subject}.csv", subject=subject)

    assert sent.status_code == 202, sent.json()
    assert work_off_one()
    job = ImportJob.objects.get()
    assert (job.status, job.created_count + job.updated_count, job.refused_count) == ("checked", 1, 0)
    assert _traces() == before
    moves.confirm_import(job_id=job.id, actor=clerk)
    work()
    job.refresh_from_db()
    assert (job.status, job.error_detail) == ("done", "")
    assert _traces() != before
    assert StockMovement.objects.filter(reason="feed").exists() == (subject == "inventory")

    moves.request_export(subject=subject, actor=clerk)
    work()
    assert ExportJob.objects.get().status == "done"
    assert ExportJob.objects.get().row_count >= 1

    assert job.batch_id is not None
    assert undo_batch(batch_id=job.batch_id, actor=clerk).left == 0
    assert _traces() == before


def test_every_subject_is_tried() -> None:
    assert set(dict(import_subjects)) == set(FILES)
