"""Marks of what the catalogue was when something was counted or looked up, so that it is done once per state.

A mark is a sum of random numbers, one for each transaction that changed something. Two statements that see the same
mark see the same rows, whatever was committed in between, rolled back, or lost by restoring a backup.
"""

from typing import ClassVar

from django.db import models


class CatalogueState(models.Model):
    """The sums of the changes that were folded in; one row, which no writer touches, so that none waits for another."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, db_comment="Always 1")
    tree = models.BigIntegerField(default=0, db_default=0, db_comment="Mark of the categories: places, names, slugs")
    membership = models.BigIntegerField(
        default=0, db_default=0, db_comment="Mark of which products are offered, and in which categories"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="products_cataloguestate_one_row")
        ]

    def __str__(self) -> str:
        return f"tree {self.tree}, membership {self.membership}"


class CatalogueChange(models.Model):
    """That a transaction changed something, written by triggers; a job folds it into `CatalogueState`."""

    tree = models.BigIntegerField(default=0, db_default=0, db_comment="A random number if categories changed")
    membership = models.BigIntegerField(
        default=0, db_default=0, db_comment="A random number if it changed what is offered, or where"
    )

    def __str__(self) -> str:
        return f"change {self.pk}"
