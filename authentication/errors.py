"""What may be refused about accounts, sessions and addresses."""

from typing import ClassVar

from common.errors import DomainError, FieldError, InvalidInput


class InvalidCredentials(DomainError):
    """The same answer for an unknown account, a wrong password and a closed account."""

    code: ClassVar[str] = "invalid_credentials"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "No active account has this name and password"


class TokenNotValid(DomainError):
    """The access or refresh token is forged, expired, used, or ended."""

    code: ClassVar[str] = "token_not_valid"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "The token is not valid or no longer works; sign in again"


class LinkNotValid(InvalidInput):
    """The one-time token of a mailed link is unknown, used, expired, or a newer one was sent."""

    code: ClassVar[str] = "invalid_token"
    title: ClassVar[str] = "The link is not valid or no longer works; ask for a new one"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("token", self.code, self.title)])


class AddressBookFull(DomainError):
    """A book holds only so many addresses."""

    code: ClassVar[str] = "address_book_full"
    title: ClassVar[str] = "The address book is full; delete an address first"


def email_taken() -> InvalidInput:
    """Another account has the e-mail address."""
    return InvalidInput.of("email", "email_taken", "An account with this e-mail address exists already.")


def username_taken() -> InvalidInput:
    """Another account has the user name."""
    return InvalidInput.of("username", "username_taken", "This user name is taken.")


def wrong_password(field: str) -> InvalidInput:
    """The person at the keyboard did not prove to be the account's owner."""
    return InvalidInput.of(field, "wrong_password", "This is not the account's password.")
