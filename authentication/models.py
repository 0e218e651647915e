"""Users, their addresses, and the tokens handed out to them (kept as hashes only)."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import JSONField, Q, Value
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from authentication.querysets import AddressQuerySet, OneTimeTokenQuerySet, RefreshTokenQuerySet

USERNAME_MAX_LENGTH = 150


def make_username() -> str:
    """A unique user name for those who did not choose one."""
    return f"user-{uuid.uuid4().hex[:16]}"


class UserManager(DjangoUserManager["User"]):
    """Finds users by e-mail or user name, whatever their case."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """E-mail addresses are kept in lower case, so that two spellings are one account."""
        return (email or "").strip().lower()

    def by_login(self, login: str) -> "User":
        """The user with this e-mail address or user name; raises User.DoesNotExist."""
        if "@" in login:
            return self.get(email=self.normalize_email(login))
        return self.get(username=User.normalize_username(login))


class User(AbstractUser):
    """An account: a customer, a member of staff, or both."""

    username = models.CharField(
        max_length=USERNAME_MAX_LENGTH,
        unique=True,
        default=make_username,
        validators=[AbstractUser.username_validator],
        db_comment="User's username",
    )
    email = models.EmailField(max_length=254, unique=True, db_comment="User's email address, in lower case")
    phone = models.CharField(max_length=15, blank=True, default="", db_default="", db_comment="User's phone number")
    is_staff_member = models.BooleanField(
        "API staff",
        default=False,
        db_default=False,
        help_text="May use the staff side of the API, as far as the roles allow.",
        db_comment="Flag for staff access",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        db_default=True,
        help_text="Uncheck this instead of deleting an account.",
        db_comment="Flag for active account",
    )
    is_staff = models.BooleanField(
        "admin site",
        default=False,
        db_default=False,
        help_text="May sign in to the admin site.",
        db_comment="Flag for admin site access",
    )
    is_superuser = models.BooleanField(
        "superuser",
        default=False,
        db_default=False,
        help_text="Holds every permission without being given it.",
        db_comment="Flag for superuser access",
    )
    date_joined = models.DateTimeField(default=timezone.now, db_default=Now(), db_comment="Date user was created")
    additional_details = models.JSONField(
        default=dict,
        blank=True,
        db_default=Value({}, JSONField()),
        db_comment="Dynamic additional user data",
    )
    email_verified_at = models.DateTimeField(
        null=True, blank=True, editable=False, db_comment="When the address was last proven to be the user's"
    )
    session_generation = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, db_comment="Counts how often all sessions were ended at once"
    )

    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, db_comment="When the person was erased; the row stays for the books"
    )

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="authentication_user_email_any_case"),
        ]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = UserManager.normalize_email(self.email)
        self.username = self.normalize_username(self.username)
        super().save(*args, **kwargs)

    def has_rights(self) -> bool:
        """Whether the account may do more than a customer's: any of the staff flags, a role or a permission."""
        flagged = self.is_staff or self.is_staff_member or self.is_superuser
        return flagged or self.groups.exists() or self.user_permissions.exists()

    def session_stamp(self) -> str:
        """What every token of the user carries or stands beside; a new password or logout-all makes it another.

        Whoever changes the password, be it the admin site or a shell, ends every session by that alone.
        """
        value = f"{self.pk}:{self.session_generation}:{self.password}"
        return salted_hmac("authentication.session", value, algorithm="sha256").hexdigest()


class Address(models.Model):
    """An address in a user's book; orders keep their own copy."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="addresses", db_comment="User this address belongs to"
    )
    full_name = models.CharField(max_length=255, blank=True, default="", db_default="", db_comment="Recipient")
    company = models.CharField(max_length=255, blank=True, default="", db_default="", db_comment="Company")
    phone = models.CharField(max_length=30, blank=True, default="", db_default="", db_comment="Recipient's phone")
    address_line1 = models.CharField(max_length=255, db_comment="Primary address line")
    address_line2 = models.CharField(  # noqa: DJ001 - the documented schema has it nullable
        max_length=255,
        null=True,
        blank=True,
        db_comment="Secondary address line",
    )
    city = models.CharField(max_length=100, db_comment="City name")
    state = models.CharField(max_length=100, blank=True, db_comment="State/province/region")
    country = models.CharField(max_length=100, db_comment="Country code, ISO 3166-1 alpha-2")
    postal_code = models.CharField(max_length=20, blank=True, db_comment="ZIP/Postal code")
    is_default = models.BooleanField(default=False, db_default=False, db_comment="Flag for default address")

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="authentication_address_one_default"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address_line1}, {self.city}"


class RefreshToken(models.Model):
    """A refresh token handed out; used once, its repeat ends the whole family."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="refresh_tokens", db_comment="Whose session it is"
    )
    family = models.UUIDField(db_comment="All tokens that descend from one sign-in")
    token_hash = models.CharField(max_length=64, unique=True, db_comment="SHA-256 of the token")
    stamp = models.CharField(
        max_length=64, default="", db_default="", db_comment="The user's session stamp then; another one ends the token"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was handed out")
    expires_at = models.DateTimeField(db_comment="When it stops working by itself")
    used_at = models.DateTimeField(null=True, db_comment="When it was exchanged for its child")
    revoked_at = models.DateTimeField(null=True, db_comment="When it was ended with its family or user")

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["family"], name="authentication_refresh_family"),
            models.Index(fields=["expires_at"], name="authentication_refresh_expiry"),
        ]

    def __str__(self) -> str:
        return f"token of user {self.user_id}"


class OneTimeToken(models.Model):
    """A link mailed to an address: bound to user, address and purpose, short-lived, and good once."""

    class Purpose(models.TextChoices):
        REGISTER = "register", "Finish a registration"
        VERIFY_EMAIL = "verify_email", "Prove an address"
        CHANGE_EMAIL = "change_email", "Move to another address"
        RESET_PASSWORD = "reset_password", "Choose a new password"
        INVITE = "invite", "Choose the first password"

    purpose = models.CharField(max_length=20, choices=Purpose.choices, db_comment="What the token is good for")
    user = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="one_time_tokens",
        db_comment="Whose it is; null where there is no account (yet)",
    )
    email = models.EmailField(max_length=254, db_comment="The address that it is mailed to and proves")
    stamp = models.CharField(
        max_length=64, default="", db_default="", db_comment="The user's session stamp then; another one ends the token"
    )
    details = models.JSONField(
        default=dict, db_default=Value({}, JSONField()), db_comment="The account to be made, its password hashed"
    )
    token_hash = models.CharField(  # noqa: DJ001 - many tokens are not mailed yet, and each mailed one is unique
        max_length=64, null=True, unique=True, db_comment="SHA-256 of the token; null until it is mailed"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), db_comment="When it was asked for")
    expires_at = models.DateTimeField(null=True, db_comment="When it stops working by itself")
    used_at = models.DateTimeField(null=True, db_comment="When it was used")

    objects = OneTimeTokenQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["email", "created_at"], name="authentication_onetime_email"),
            models.Index(fields=["created_at"], name="authentication_onetime_created"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} ({self.pk})"


class SignInPlace(models.Model):
    """Where an account has signed in from lately, so that strangers' attempts elsewhere do not hold its owner up.

    The key is a keyed hash of the name that was typed and the client's network: it names neither.
    """

    key = models.CharField(primary_key=True, max_length=80, db_comment="Keyed hash of account and network")
    used_at = models.DateTimeField(db_default=Now(), db_comment="When it was last signed in from there")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["used_at"], name="authentication_place_used")]

    def __str__(self) -> str:
        return self.key
