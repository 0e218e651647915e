"""Who is calling: a bearer's access token, checked against the user as they are now."""

from rest_framework_simplejwt.authentication import JWTAuthentication


class BearerAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; no header means a guest."""
