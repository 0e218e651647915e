"""A change of the shop's largest table, for the proof that it can be made under load."""
