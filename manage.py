#!/usr/bin/env python3
"""Run the project's management commands."""

import os
import sys

from django.core.management import execute_from_command_line

from common.audit import context
from config.environment import load_environment, prefer_direct_database

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    load_environment()
    prefer_direct_database()
    context.begin(context.Work(context.Door.COMMAND, origin=" ".join(sys.argv[1:2])))
    execute_from_command_line(sys.argv)
