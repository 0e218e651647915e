"""Parcels: an application of the tests alone, whose tables go through every kind of change in docs/migrations.md."""
