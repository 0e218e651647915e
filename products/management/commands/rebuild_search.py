"""`rebuild_search`: search in the language of SEARCH_LANGUAGE from now on, and make the vectors anew."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from products.services import search_index


class Command(BaseCommand):
    help = "Search in the language that SEARCH_LANGUAGE names; run it once after changing that, while the shop runs."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            search_index.speak(language=settings.SEARCH_LANGUAGE)
        except search_index.UnknownLanguage as error:
            raise CommandError(str(error)) from error
        changed = sum(tqdm(search_index.rebuild_vectors(), unit="batch", disable=None))
        self.stdout.write(self.style.SUCCESS(f"Searching in {settings.SEARCH_LANGUAGE}; {changed} products rebuilt."))
