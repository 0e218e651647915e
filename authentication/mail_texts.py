"""What the mails about accounts say; nothing that a stranger typed is repeated in them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """Subject and body; `{shop}` and `{link}` are filled in."""

    subject: str
    body: str


REGISTER = Text(
    "Confirm your e-mail address at {shop}",
    "Welcome to {shop}.\n\nFollow this link within 24 hours to open your account:\n\n{link}\n\n"
    "If you did not ask for an account, ignore this mail: none will be opened.\n",
)
VERIFY_EMAIL = Text(
    "Confirm your e-mail address at {shop}",
    "Welcome to {shop}.\n\nFollow this link within 24 hours to confirm that this address is yours:\n\n{link}\n",
)
CHANGE_EMAIL = Text(
    "Confirm your new e-mail address at {shop}",
    "Follow this link within 2 hours to use this address for your account at {shop}:\n\n{link}\n\n"
    "If you did not ask for this, ignore this mail: nothing will change.\n",
)
RESET_PASSWORD = Text(
    "Choose a new password at {shop}",
    "Follow this link within 30 minutes to choose a new password for your account at {shop}:\n\n{link}\n\n"
    "If you did not ask for this, ignore this mail: your password stays as it is.\n",
)
INVITE = Text(
    "Choose a password for your account at {shop}",
    "Your account has moved to {shop}, and your password could not come along.\n\n"
    "Follow this link within 7 days to choose a new one:\n\n{link}\n\n"
    "Afterwards, and at any time, you can have another link sent as one who has forgotten the password.\n",
)
ADDRESS_KNOWN = Text(
    "You have an account at {shop} already",
    "Somebody, perhaps you, asked to use this address for an account at {shop}. It belongs to an account already: "
    "sign in, or choose a new password if you have forgotten yours.\n\n"
    "If it was not you, ignore this mail: nothing has changed.\n",
)
EMAIL_CHANGE_ASKED = Text(
    "Your account at {shop} is about to get another e-mail address",
    "Somebody who knows your password asked to move your account at {shop} to another e-mail address.\n\n"
    "If it was not you, change your password now: that stops the move.\n",
)
PASSWORD_CHANGED = Text(
    "Your password at {shop} was changed",
    "The password of your account at {shop} was changed, and all devices were signed out.\n\n"
    "If it was not you, choose a new password now.\n",
)
