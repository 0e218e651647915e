"""The REST door to carts, checkout and orders."""
