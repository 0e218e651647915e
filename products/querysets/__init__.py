"""Named reads of the catalogue, incl. who may see what."""
