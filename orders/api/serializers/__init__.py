"""The shapes of carts, quotes and orders in JSON, in and out."""
