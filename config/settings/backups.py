"""Where backups go, how long they are kept, and how S3 is spoken to for them."""

from typing import Any

from environs import Env, validate


def s3_client(env: Env) -> dict[str, Any]:
    """How to reach S3 for backups: as for pictures, unless BACKUP_S3_… says otherwise."""

    def told(name: str, default: str = "") -> str | None:
        return env.str(f"BACKUP_S3_{name}", "") or env.str(f"S3_{name}", default) or None

    return {
        "endpoint_url": told("ENDPOINT_URL"),
        "region_name": told("REGION", "us-east-1"),
        "access_key": told("ACCESS_KEY_ID"),
        "secret_key": told("SECRET_ACCESS_KEY"),
    }


def kept(env: Env) -> dict[str, int]:
    """Of how many days, weeks and months the last backup is kept."""
    at_least = {"daily": 1, "weekly": 0, "monthly": 0}
    default = {"daily": 7, "weekly": 5, "monthly": 12}
    return {
        name: env.int(f"BACKUP_KEEP_{name.upper()}", default[name], validate=validate.Range(min=at_least[name]))
        for name in default
    }
