"""The addresses of the catalogue, for customers and for staff."""
