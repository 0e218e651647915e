"""`manage.py load_demo`: fills an empty shop with the demo, and says who can log in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authentication.models import User
from demo.people import LOGINS
from demo.services import NotADemoShop, load_demo


class Command(BaseCommand):
    help = "Fill an empty shop with the demo catalogue, people and sixty days of orders; docs/demo.md."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = load_demo()
        except NotADemoShop as error:
            raise CommandError(error.detail) from error
        if made:
            self.stdout.write(f"demo shop: {made.products} products, {made.orders} orders of the last sixty days")
        else:
            self.stdout.write("demo shop: the shop is in use already, nothing loaded")
        known = set(User.objects.filter(email__in=[login.email for login in LOGINS]).values_list("email", flat=True))
        for login in LOGINS:
            if login.email in known:
                self.stdout.write(f"  {login.email} / {login.password} ({login.purpose})")
