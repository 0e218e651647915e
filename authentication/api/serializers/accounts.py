"""Registration, profile, e-mail address and the end of an account."""

from typing import Any

from rest_framework import serializers

from authentication.api.serializers.fields import DetailsField, PasswordField, PhoneField, SecretField
from authentication.models import USERNAME_MAX_LENGTH, User
from common.api.serializers import EmailAddressField, StrictModelSerializer, StrictSerializer


class UsernameField(serializers.RegexField):
    """A user name; no @, so that nobody's name looks like another's address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(regex=r"^[\w.+-]+$", max_length=USERNAME_MAX_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return User.normalize_username(super().to_internal_value(data))  # before its length is looked at


class UserSerializer(StrictModelSerializer):
    """The profile as its owner sees and changes it."""

    username = UsernameField()
    phone = PhoneField(allow_blank=True)
    additional_details = DetailsField()

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "username",
            "first_name",
            "last_name",
            "phone",
            "is_staff_member",
            "email_verified_at",
            "date_joined",
            "additional_details",
        )
        read_only_fields = ("id", "email", "is_staff_member", "email_verified_at", "date_joined")


class RegisterSerializer(StrictSerializer):
    """A new account."""

    email = EmailAddressField()
    password = PasswordField()
    username = UsernameField(required=False)
    first_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    phone = PhoneField(required=False, allow_blank=True)


class RegisteredSerializer(serializers.Serializer[object]):
    """The new account, signed in."""

    user = UserSerializer()
    access = serializers.CharField()
    refresh = serializers.CharField()


class AcceptedSerializer(serializers.Serializer[object]):
    """What happens next, the same whoever is known."""

    detail = serializers.CharField()


class LinkSerializer(StrictSerializer):
    """The token of a mailed link."""

    token = SecretField()


class RequestEmailChangeSerializer(StrictSerializer):
    """The new address, and the password as proof."""

    email = EmailAddressField()
    password = PasswordField()


class CloseAccountSerializer(StrictSerializer):
    """The password as proof."""

    password = PasswordField()
