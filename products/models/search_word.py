"""The words that names are made of, by which mistyped words are recognised."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchWord(models.Model):
    """A word of some product's name, written by triggers only.

    A word may stand here twice, and after its last product is renamed: adding a word therefore locks nothing and
    waits for nobody, and a word that finds nothing is never proposed.
    """

    word = models.TextField(db_comment="The word without accents and capitals")
    keys = ArrayField(models.TextField(), db_comment="The word and its beginnings with a letter or two left out")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["word"], name="products_searchword_word"),
            GinIndex(fields=["keys"], name="products_searchword_keys"),
        ]

    def __str__(self) -> str:
        return self.word
