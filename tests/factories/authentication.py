"""Users and addresses."""

from typing import Any

import factory
from django.contrib.auth.models import Permission
from django.db.models import CharField, Value
from django.db.models.functions import Concat

from authentication.models import Address, User

PASSWORD = "correct-horse-battery"


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    password = factory.django.Password(PASSWORD)


class AddressFactory(factory.django.DjangoModelFactory[Address]):
    class Meta:
        model = Address

    user = factory.SubFactory(UserFactory)
    full_name = "Ada Buyer"
    address_line1 = "1 Main Street"
    city = "Los Angeles"
    state = "CA"
    country = "US"
    postal_code = "90001"
    is_default = factory.LazyAttribute(lambda address: not Address.objects.filter(user=address.user).exists())


def staff_user(*permissions: str, **kwargs: Any) -> User:
    """A member of API staff who holds the permissions, such as `orders.view_order`."""
    user = UserFactory.create(**{"is_staff_member": True, **kwargs})
    grant(user, *permissions)
    return User.objects.get(pk=user.pk)


def grant(user: User, *permissions: str) -> None:
    """Give the user model permissions by their full names."""
    full_name = Concat("content_type__app_label", Value("."), "codename", output_field=CharField())
    found = list(Permission.objects.annotate(full_name=full_name).filter(full_name__in=permissions))
    assert len(found) == len(set(permissions)), permissions
    user.user_permissions.add(*found)
