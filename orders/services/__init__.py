"""Writes of carts, checkout and the life of orders."""
