"""Schema changes that the shop outlives: operations for what Django has none of, and the rules that CI holds."""
