"""`manage.py import_customers` and `export_customers`: accounts with their address books, never with rights."""

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management import call_command

from authentication.models import Address, OneTimeToken, User
from common.models import OutboxEvent
from tests.factories.authentication import AddressFactory, UserFactory
from tests.imports.conftest import ImportFile, UndoBatch, WriteFile
from tests.imports.test_undo import assert_integrity, database

HEADER = (
    "email,username,first_name,last_name,phone,is_active,date_joined,password_hash,full_name,address_line1,city,state,"
    "postal_code,country,is_default"
)
ADA = "Ada@Example.com,ada,Ada,Lovelace,+4412345,yes,2020-01-02T03:04:05+00:00,,Ada L,1 Main St,London,,SW1A 1AA,gb,"
ADA_TOO = "ada@example.com,,,,,,,,Ada L,2 Side St,Paris,,75001,FR,true"


def exported(*options: str) -> str:
    out = StringIO()
    call_command("export_customers", *options, stdout=out)
    return out.getvalue()


def with_hash(email: str, password_hash: str) -> str:
    return f"{email},,,,,,,{password_hash},,,,,,,"


def test_a_customer_comes_with_the_whole_address_book(import_customers: ImportFile, write_file: WriteFile) -> None:
    outcome = import_customers(write_file(HEADER, ADA, ADA_TOO))

    assert (outcome.err, outcome.out[-1]) == ([], "1 changed: 1 created, 0 updated, 0 unchanged, 0 refused")
    user = User.objects.get()
    assert (user.email, user.username, user.first_name, user.phone) == ("ada@example.com", "ada", "Ada", "+4412345")
    assert user.date_joined.isoformat() == "2020-01-02T03:04:05+00:00"
    assert not user.has_usable_password()
    assert list(user.addresses.order_by("id").values_list("city", "country", "is_default")) == [
        ("London", "GB", False),
        ("Paris", "FR", True),
    ]
    assert_integrity()


def test_nobody_is_written_to(import_customers: ImportFile, write_file: WriteFile) -> None:
    import_customers(write_file(HEADER, ADA))

    assert not OutboxEvent.objects.exists()
    assert not OneTimeToken.objects.exists()


def test_a_hash_that_django_reads_is_kept(import_customers: ImportFile, write_file: WriteFile) -> None:
    outcome = import_customers(write_file(HEADER, with_hash("a@example.com", make_password("correct horse"))))

    assert User.objects.get().check_password("correct horse")
    assert len(outcome.out) == 1


@pytest.mark.parametrize(
    "password_hash", ["$P$B9aBcDeFgHiJkLmNoPqRsTuVwXyZ01", "$2y$10$abcdefghijklmnopqrstuv", "md5$", "x"]
)
def test_a_hash_that_django_cannot_read_means_a_reset(
    password_hash: str, import_customers: ImportFile, write_file: WriteFile
) -> None:
    outcome = import_customers(write_file(HEADER, with_hash("a@example.com", password_hash)))

    assert not User.objects.get().has_usable_password()
    assert outcome.out[0].strip().startswith("1  new customers whose password hash cannot be read here")


def test_a_password_of_ones_own_stays(import_customers: ImportFile, write_file: WriteFile) -> None:
    user = UserFactory.create(email="a@example.com", password="mine")
    before = User.objects.get(pk=user.pk).password

    outcome = import_customers(write_file(HEADER, with_hash("a@example.com", make_password("theirs"))))

    assert outcome.err[0].endswith("[has_password]")
    assert "md5" not in outcome.err[0]
    assert User.objects.get().password == before


def test_the_same_hash_again_changes_nothing(import_customers: ImportFile, write_file: WriteFile) -> None:
    path = write_file(HEADER, with_hash("a@example.com", make_password("correct horse")))
    import_customers(path)

    assert import_customers(path).out == ["0 changed: 0 created, 0 updated, 1 unchanged, 0 refused"]


@pytest.mark.parametrize("rights", ["is_staff", "is_staff_member", "is_superuser", "role"])
def test_an_account_with_rights_is_left_alone(rights: str, import_customers: ImportFile, write_file: WriteFile) -> None:
    user = UserFactory.create(email="ada@example.com", **({} if rights == "role" else {rights: True}))
    if rights == "role":
        user.groups.add(Group.objects.create(name="Some role"))
    before = database()

    outcome = import_customers(write_file(HEADER, ADA))

    assert (outcome.status, outcome.err[0].split("[")[-1]) == (2, "staff_account]")
    assert database() == before


def test_nobody_gets_rights_by_a_column(import_customers: ImportFile, write_file: WriteFile) -> None:
    outcome = import_customers(write_file("email,is_staff", "a@example.com,true"))

    assert (outcome.status, User.objects.count()) == (1, 0)
    assert "unknown columns: is_staff" in outcome.err[0]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("nobody,,,,,,,,,,,,,,", "bad_email"),
        (",,X,,,,,,,,,,,,", "required"),
        ("a@example.com,,,,+49301234567890123,,,,,,,,,,", "too_long"),
        ("a@example.com,,,,,perhaps,,,,,,,,,", "not_a_boolean"),
        ("a@example.com,,,,,,tomorrow,,,,,,,,", "bad_date"),
        ("a@example.com,a b,,,,,,,,,,,,,", "bad_username"),
        ("a@example.com,taken,,,,,,,,,,,,,", "username_taken"),
        ("a@example.com,,,,,,,,A,1 Main St,,,75001,FR,", "required"),
        ("a@example.com,,,,,,,,A,1 Main St,Nowhere,,,XX,", "unknown_country"),
        ("a@example.com,,,,,,,,A,1 Main St,Springfield,ZZ,90001,US,", "unknown_state"),
    ],
)
def test_wrong_cells_are_refused_with_their_reason(
    line: str, code: str, import_customers: ImportFile, write_file: WriteFile
) -> None:
    UserFactory.create(email="other@example.com", username="taken")

    outcome = import_customers(write_file(HEADER, ADA, line))

    assert [each.split("[")[-1] for each in outcome.err] == [f"{code}]"]
    assert outcome.out[-1] == "1 changed: 1 created, 0 updated, 0 unchanged, 1 refused"


def test_a_customer_is_taken_with_all_rows_or_not_at_all(import_customers: ImportFile, write_file: WriteFile) -> None:
    again = "ADA@example.com,,Ada,Byron,,,,,,,,,,,"

    outcome = import_customers(write_file(HEADER, ADA, ADA_TOO, again))

    assert [each.split("[")[-1] for each in outcome.err] == [
        "customer_refused]",
        "customer_refused]",
        "repeated_email]",
    ]
    assert not User.objects.exists()


def test_only_what_differs_is_written(import_customers: ImportFile, write_file: WriteFile) -> None:
    import_customers(write_file(HEADER, ADA, ADA_TOO))
    before = database()

    again = import_customers(write_file(HEADER, ADA, ADA_TOO))

    assert again.out[-1] == "0 changed: 0 created, 0 updated, 1 unchanged, 0 refused"
    assert database() == before


def test_a_dry_run_tells_and_writes_nothing(import_customers: ImportFile, write_file: WriteFile) -> None:
    UserFactory.create(email="ada@example.com", username="ada", first_name="Eda")
    before = database()

    outcome = import_customers(write_file(HEADER, ADA), "--dry-run")

    assert outcome.out[0].startswith("line 2: update customer ada@example.com")
    assert "first_name: 'Eda' -> 'Ada'" in outcome.out[0]
    assert outcome.out[1] == "line 2: create address ada@example.com, 1 Main St"
    assert database() == before


@pytest.mark.django_db(transaction=True)
def test_import_and_undo_leave_the_database_as_before(
    import_customers: ImportFile, undo_batch: UndoBatch, write_file: WriteFile
) -> None:
    known = UserFactory.create(email="ada@example.com", username="eda", first_name="Eda")
    AddressFactory.create(user=known, city="Berlin", country="DE", is_default=True)
    before = database()

    outcome = import_customers(write_file(HEADER, ADA, ADA_TOO, with_hash("new@example.com", "")))
    assert outcome.out[-1] == "2 changed: 1 created, 1 updated, 0 unchanged, 0 refused"
    assert_integrity()
    undone = undo_batch(outcome.batch)

    assert undone.status == 0, undone.out
    assert database() == before
    assert_integrity()


def test_an_account_in_use_stays(import_customers: ImportFile, undo_batch: UndoBatch, write_file: WriteFile) -> None:
    batch = import_customers(write_file(HEADER, ADA, with_hash("b@example.com", ""))).batch
    AddressFactory.create(user=User.objects.get(email="b@example.com"))
    User.objects.filter(email="ada@example.com").update(first_name="Augusta")

    undone = undo_batch(batch)

    assert undone.status == 2
    assert set(User.objects.values_list("email", flat=True)) == {"ada@example.com", "b@example.com"}
    assert_integrity()


def test_export_and_import_into_an_empty_shop_and_export_again(import_customers: ImportFile, tmp_path: Path) -> None:
    UserFactory.create(email="a@example.com", first_name="=HYPERLINK(1)", last_name='Müller, "the\nfirst"')
    AddressFactory.create_batch(3, user=UserFactory.create(email="b@example.com", password="secret"))
    UserFactory.create(email="staff@example.com", is_staff=True)
    first = exported("--with-password-hashes")
    path = tmp_path / "customers.csv"
    path.write_text(first, encoding="utf-8", newline="")
    User.objects.all().delete()

    outcome = import_customers(path)

    assert outcome.err == []
    assert exported("--with-password-hashes") == first
    assert User.objects.get(email="b@example.com").check_password("secret")
    assert Address.objects.count() == 3
    assert "'=HYPERLINK(1)" in first
    assert "staff@example.com" not in first


def test_an_export_without_the_option_holds_no_hash(import_customers: ImportFile, tmp_path: Path) -> None:
    user = UserFactory.create(password="secret")
    path = tmp_path / "customers.csv"

    path.write_text(exported(), encoding="utf-8")

    assert User.objects.get(pk=user.pk).password not in path.read_text(encoding="utf-8")
    assert import_customers(path).out == ["0 changed: 0 created, 0 updated, 1 unchanged, 0 refused"]


def test_shopifys_export(import_customers: ImportFile, write_file: WriteFile) -> None:
    header = (
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
        "Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,"
        "Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Total Spent,Tags"
    )
    outcome = import_customers(
        write_file(
            header,
            "'123,Ada,Lovelace,ada@example.com,yes,,1 Main St,,Los Angeles,CA,US,'90001,,'+1 (213) 555-0100,9.00,vip",
            "'124,No,Address,no@example.com,no,,,,,,US,,,,0.00,",
        )
    )

    assert (outcome.status, outcome.err) == (0, [])
    address = Address.objects.get()
    assert (address.full_name, address.city, address.state, address.postal_code) == (
        "Ada Lovelace",
        "Los Angeles",
        "CA",
        "90001",
    )
    assert User.objects.get(email="ada@example.com").phone == "+12135550100"


def test_woocommerces_users(import_customers: ImportFile, write_file: WriteFile) -> None:
    header = (
        "ID,user_login,user_email,user_pass,user_registered,billing_first_name,billing_last_name,billing_address_1,"
    )
    header += "billing_city,billing_postcode,billing_country,billing_state,billing_phone"
    outcome = import_customers(
        write_file(header, "5,ada,ada@example.com,$P$Babc,2019-05-06 07:08:09,Ada,L,1 Rue X,Paris,75001,FR,,0123")
    )

    assert (outcome.status, outcome.err) == (0, [])
    user = User.objects.get()
    assert (user.username, user.first_name, user.date_joined.isoformat()) == ("ada", "Ada", "2019-05-06T07:08:09+00:00")
    assert not user.has_usable_password()
