"""The audit: who changed what matters, through which door; rows that triggers write and nobody rewrites."""
