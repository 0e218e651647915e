"""Batches in the admin: looked at by those who may, undone by those who may change them."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client

from authentication.models import User
from common.models import ImportBatch
from products.models import Product
from tests.factories.authentication import UserFactory
from tests.factories.products import ProductFactory
from tests.imports.conftest import ImportFile, WriteFile

pytestmark = pytest.mark.django_db


def signed_in(*codenames: str) -> tuple[Client, User]:
    user = UserFactory.create(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client, user


@pytest.fixture
def batch(import_file: ImportFile, write_file: WriteFile) -> ImportBatch:
    ProductFactory.create(sku="A", name="A", price=1)
    return ImportBatch.objects.get(id=import_file(write_file("sku,name,price", "A,A,2", "B,B,2")).batch)


def page_of(batch: ImportBatch) -> str:
    return f"/admin/common/importbatch/{batch.id}/change/"


def undo_of(batch: ImportBatch) -> str:
    return f"/admin/common/importbatch/{batch.id}/undo/"


def test_who_may_look_sees_the_batch_and_its_changes(batch: ImportBatch) -> None:
    client, _ = signed_in("view_importbatch", "view_importchange")

    assert b"products.csv" in client.get("/admin/common/importbatch/", {"q": "products"}).content
    page = client.get(page_of(batch)).content.decode()
    assert "price: 1.0 → 2.0" in page
    changes = client.get("/admin/common/importchange/", {"batch__id__exact": str(batch.id), "q": "A"})
    assert "price: 1.0 → 2.0" in changes.content.decode()
    assert client.post(page_of(batch), {"file_name": "x"}).status_code == 403
    assert client.get(f"/admin/common/importbatch/{batch.id}/delete/").status_code == 403


def test_who_may_only_look_cannot_undo(batch: ImportBatch) -> None:
    client, _ = signed_in("view_importbatch", "view_importchange")

    response = client.post(undo_of(batch), {"_form_submitted": "on"})

    assert response.status_code == 403
    assert undo_of(batch) not in client.get(page_of(batch)).content.decode()
    assert Product.objects.filter(sku="B").exists()


def test_nobody_looks_without_permission(batch: ImportBatch) -> None:
    client, _ = signed_in("view_product")

    assert client.get("/admin/common/importbatch/").status_code == 403
    assert client.get(page_of(batch)).status_code == 403
    assert client.get("/admin/common/importchange/").status_code == 403


def test_an_undo_is_asked_for_and_done_once(batch: ImportBatch) -> None:
    client, user = signed_in("view_importbatch", "view_importchange", "change_importbatch")
    assert undo_of(batch) in client.get(page_of(batch)).content.decode()

    asked = client.get(undo_of(batch))
    assert asked.status_code == 200
    assert Product.objects.filter(sku="B").exists()
    done = client.post(undo_of(batch), {"_form_submitted": "on"})
    again = client.post(undo_of(batch), {"_form_submitted": "on"})

    assert [str(each) for each in get_messages(done.wsgi_request)] == ["2 changes were put back, 0 left."]
    assert "was undone already" in str(list(get_messages(again.wsgi_request))[-1])
    assert Product.objects.values_list("sku", "price").get() == ("A", Decimal("1.00"))
    batch.refresh_from_db()
    assert (batch.status, batch.undone_by) == ("undone", user)
    assert undo_of(batch) not in client.get(page_of(batch)).content.decode()
