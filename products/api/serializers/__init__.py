"""The JSON of the catalogue: what goes out, by who may see it, and what may come in."""
