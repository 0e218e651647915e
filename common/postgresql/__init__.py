"""Django's PostgreSQL backend, with a check of open connections that costs no statement."""
