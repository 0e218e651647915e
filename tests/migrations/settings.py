"""The settings of the tests, with the applications whose tables change; these have no line of migrations to keep."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS

INSTALLED_APPS.remove("django_linear_migrations")
INSTALLED_APPS += ["tests.migrations.changes", "tests.migrations.large"]
