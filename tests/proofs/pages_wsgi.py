"""The shop with its static files, which the settings of tests leave out, for browsers.

One picture stands for all: those of a test lie in a folder of its own process.
"""

from django.contrib.staticfiles.handlers import StaticFilesHandler

from config.wsgi import application as shop
from config.wsgi import django

files = StaticFilesHandler(django)


PICTURE = b"""<svg xmlns="http://www.w3.org/2000/svg" width="80" height="80">
<rect width="80" height="80" fill="#b45309"/><circle cx="40" cy="40" r="24" fill="#fef3c7"/></svg>"""


def application(environ, start_response):  # type: ignore[no-untyped-def]
    """Static files by their own handler, the rest by the shop as it is."""
    if environ["PATH_INFO"].startswith("/media/"):
        start_response("200 OK", [("Content-Type", "image/svg+xml"), ("Content-Length", str(len(PICTURE)))])
        return [PICTURE]
    return (files if environ["PATH_INFO"].startswith("/static/") else shop)(environ, start_response)
