"""What every import shares: reading files, refusing rows, telling of them, batches and their undo."""
