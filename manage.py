#!/usr/bin/env python3
"""Run the project's management commands."""

import os
import sys

from django.core.management import execute_from_command_line

from common.audit import context

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    context.begin(context.Work(context.Door.COMMAND, origin=" ".join(sys.argv[1:2])))
    execute_from_command_line(sys.argv)
