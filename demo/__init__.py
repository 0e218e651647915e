"""The demo shop: a real catalogue with made-up customers and orders; never loaded in production."""
