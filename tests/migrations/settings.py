"""The settings of the tests, with the application whose tables change."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS

INSTALLED_APPS.append("tests.migrations.changes")
