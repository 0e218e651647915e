"""Shapes of what goes in and out about accounts."""
