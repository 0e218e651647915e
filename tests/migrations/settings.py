"""The settings of the tests, with the applications whose tables change."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS

INSTALLED_APPS += ["tests.migrations.changes", "tests.migrations.large"]
