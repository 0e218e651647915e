"""One small factory per model; a test states what matters to it."""
