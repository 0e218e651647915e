"""Orders with their payments, into the shop and out of it: files, checks, batches and undo."""
