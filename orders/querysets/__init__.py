"""Named reads of carts and orders, incl. who may see what."""
