"""The WSGI application that the web server loads."""

import os

from django.core.wsgi import get_wsgi_application

# A web request that takes longer has lost its reader; commands and workers may need longer.
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "30s")

application = get_wsgi_application()
