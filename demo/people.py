"""The demo shop's people, all made up: three who can log in, and customers who placed the orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from authentication.models import Address, User, make_username
from authentication.services.roles import sync_roles
from demo.rows import insert_rows

STAFF_ROLE = "Owner"


@dataclass(frozen=True)
class Login:
    """Somebody who can log in to the demo shop; the password is public, so no other shop may have them."""

    email: str
    password: str
    purpose: str


CUSTOMER = Login("demo@example.com", "demo-password", "customer")
STAFF = Login("staff@example.com", "demo-staff-password", f"staff, role {STAFF_ROLE}: API and /admin/")
ADMIN = Login("admin@example.com", "demo-admin-password", "superuser: /admin/")
LOGINS = (CUSTOMER, STAFF, ADMIN)

# Name, street, city, region, country, postal code.
_PEOPLE = """
Olivia Martin|12 Palm Avenue|Los Angeles|CA|US|90012
Emma Johnson|48 Lake Street|San Francisco|CA|US|94118
Sophia Nguyen|7 Harbor Drive|San Diego|CA|US|92101
Mia Rodriguez|230 Congress Avenue|Austin|TX|US|78701
Ava Wilson|1900 Main Street|Houston|TX|US|77002
Isabella Brown|55 West 11th Street|New York|NY|US|10011
Charlotte Davis|310 Elmwood Avenue|Buffalo|NY|US|14222
Amelia Garcia|820 Biscayne Boulevard|Miami|FL|US|33132
Harper Lee|64 Ponce de Leon Avenue|Atlanta|GA|US|30308
Evelyn Clark|415 Pike Street|Seattle|WA|US|98101
Abigail Lewis|29 Hawthorne Boulevard|Portland|OR|US|97214
Ella Walker|1600 Larimer Street|Denver|CO|US|80202
Scarlett Hall|77 Wabash Avenue|Chicago|IL|US|60603
Grace Allen|140 Beacon Street|Boston|MA|US|02116
Chloe Young|505 Market Street|Philadelphia|PA|US|19106
Lily King|88 Camelback Road|Phoenix|AZ|US|85013
Aria Scott|17 Bay Street|Toronto|ON|CA|M5J 2N8
Zoe Tremblay|233 Rue Sherbrooke|Montreal|QC|CA|H2X 1X7
Nora Campbell|901 Granville Street|Vancouver|BC|CA|V6Z 1L3
Hannah Schmidt|Lindenstraße 5|Berlin||DE|10969
Lea Fischer|Königsallee 40|Düsseldorf||DE|40212
Camille Laurent|18 Rue de Rivoli|Paris||FR|75004
Daisy Thompson|22 Baker Street|London||GB|NW1 6XE
Freya Evans|9 Castle Road|Cardiff||GB|CF10 1BT
"""
_GUESTS = """
Ruby Carter|3 Ocean View|Long Beach|CA|US|90802
Stella Reed|61 Mission Street|San Jose|CA|US|95110
Hazel Bell|702 Magnolia Lane|Dallas|TX|US|75201
Violet Ross|15 Broadway|New York|NY|US|10006
Lucy Gray|480 Peachtree Street|Atlanta|GA|US|30308
Alice Moore|36 Pine Street|Seattle|WA|US|98101
Clara Jensen|120 Queen Street|Ottawa|ON|CA|K1P 5C7
Ines Moreau|4 Avenue Foch|Lyon||FR|69006
"""


@dataclass(frozen=True)
class Customer:
    """Who places orders; guests have no user and no saved address."""

    user_id: int | None
    address_id: int | None
    email: str
    snapshot: dict[str, str]


@dataclass(frozen=True)
class People:
    """Everybody of the demo shop."""

    demo_customer: Customer
    customers: list[Customer]
    guests: list[Customer]
    staff_id: int


def create_people(*, joined_at: datetime, hashes: Mapping[Login, str]) -> People:
    """Create the accounts with their addresses; a login that is there already stays as it is."""
    sync_roles()
    rights = {"is_staff": True, "is_staff_member": True}
    username = make_username() if User.objects.filter(username="admin").exists() else "admin"
    _create_login(ADMIN, hashes, is_superuser=True, username=username, first_name="Admin", **rights)
    staff = _create_login(STAFF, hashes, first_name="Sam", last_name="Staff", **rights)
    staff.groups.add(Group.objects.get(name=STAFF_ROLE))
    demo = _create_login(CUSTOMER, hashes, email_verified_at=joined_at, first_name="Dana", last_name="Demo")
    demo_snapshot = _snapshot("Dana Demo|1 Sunset Boulevard|Los Angeles|CA|US|90028")
    address = Address.objects.create(user=demo, is_default=True, **demo_snapshot)
    return People(
        demo_customer=Customer(demo.id, address.id, demo.email, demo_snapshot),
        customers=_create_customers(joined_at),
        guests=[Customer(None, None, _email(line), _snapshot(line)) for line in _GUESTS.strip().splitlines()],
        staff_id=staff.id,
    )


def _create_login(login: Login, hashes: Mapping[Login, str], **fields: Any) -> User:
    user, _ = User.objects.get_or_create(email=login.email, defaults={"password": hashes[login], **fields})
    return user


def _create_customers(joined_at: datetime) -> list[Customer]:
    lines = _PEOPLE.strip().splitlines()
    users = User.objects.bulk_create(
        User(
            email=_email(line),
            password=make_password(None),
            first_name=line.split()[0],
            last_name=line.partition("|")[0].split()[-1],
            email_verified_at=joined_at,
            date_joined=joined_at,
        )
        for line in lines
    )
    snapshots = [_snapshot(line) for line in lines]
    addresses = insert_rows(
        "authentication_address",
        [{**snapshot, "user_id": user.id, "is_default": True} for user, snapshot in zip(users, snapshots, strict=True)],
    )
    return [
        Customer(user.id, address_id, user.email, snapshot)
        for user, address_id, snapshot in zip(users, addresses, snapshots, strict=True)
    ]


def _email(line: str) -> str:
    return ".".join(line.partition("|")[0].lower().split()) + "@example.com"


def _snapshot(line: str) -> dict[str, str]:
    full_name, street, city, state, country, postal_code = line.split("|")
    return {
        "full_name": full_name,
        "company": "",
        "phone": "",
        "address_line1": street,
        "address_line2": "",
        "city": city,
        "state": state,
        "country": country,
        "postal_code": postal_code,
    }
