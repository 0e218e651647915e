"""The shop with its static files, which the settings of tests leave out, for browsers."""

from django.contrib.staticfiles.handlers import StaticFilesHandler

from config.wsgi import application as shop
from config.wsgi import django

files = StaticFilesHandler(django)


def application(environ, start_response):  # type: ignore[no-untyped-def]
    """Static files by their own handler, the rest by the shop as it is."""
    return (files if environ["PATH_INFO"].startswith("/static/") else shop)(environ, start_response)
