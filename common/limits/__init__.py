"""How often somebody may do something, counted over all processes and machines; docs/limits.md has the table."""
