"""The row lock behind every write of an account: whoever holds it sees the user as they are now."""

from authentication.errors import TokenNotValid
from authentication.models import User
from common.locking import lock_rows


def lock_active_user(user_id: int) -> User:
    """Lock the account's row until the transaction ends; raises TokenNotValid where it is gone or closed.

    All writes of one account's sessions, addresses and profile take this lock first, so that none of them slips
    past an erasure or a password change that runs beside it.
    """
    rows = lock_rows(User.objects.filter(pk=user_id, is_active=True))
    if not rows:
        raise TokenNotValid
    return rows[0]
