"""What ends a backup, a restore or a verification; the message is one line for the operator."""


class BackupError(Exception):
    """Nothing was left half done; the message says why and what can be done."""
