"""What analytics writes: views, aggregates and popularity."""
