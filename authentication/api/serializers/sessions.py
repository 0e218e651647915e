"""Signing in and out, and passwords."""

from typing import Any

from rest_framework import serializers

from authentication.api.serializers.fields import PasswordField, SecretField
from common.api.serializers import EmailAddressField, StrictSerializer


class SignInSerializer(StrictSerializer):
    """E-mail address or user name, and the password."""

    email = serializers.CharField(max_length=254, required=False)
    username = serializers.CharField(max_length=254, required=False)
    password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("email" in attrs) == ("username" in attrs):
            raise serializers.ValidationError({"email": "Send either `email` or `username`."}, code="required")
        return attrs


class TokenPairSerializer(serializers.Serializer[object]):
    """An access token for `Authorization: Bearer` and the refresh token for the next pair."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class RefreshSerializer(StrictSerializer):
    """A refresh token."""

    refresh = SecretField()


class SignOutEverywhereSerializer(StrictSerializer):
    """Nothing for a bearer; without one, a refresh token."""

    refresh = SecretField(required=False)


class ChangePasswordSerializer(StrictSerializer):
    """The password as it is and as it shall be."""

    current_password = PasswordField()
    new_password = PasswordField()


class RequestResetSerializer(StrictSerializer):
    """The address to mail a link to."""

    email = EmailAddressField()


class ResetPasswordSerializer(StrictSerializer):
    """The token of the mailed link and the new password."""

    token = SecretField()
    new_password = PasswordField()
