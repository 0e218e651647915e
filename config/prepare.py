"""What must be done between the servers' start and the web's: `python -m config.prepare`.

One process for all of it, because loading the applications costs more than the commands themselves.
"""

import sys

import django
from django.core.management import CommandError, call_command

STEPS: dict[str, dict[str, object]] = {
    "migrate": {"interactive": False},
    "sync_roles": {},
    "load_demo": {},
}


def main() -> int:
    """Run the steps in order; 1 with the name of the first that fails."""
    django.setup()
    for name, options in STEPS.items():
        try:
            call_command(name, **options)
        except CommandError as error:
            sys.stderr.write(f"manage.py {name}: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
