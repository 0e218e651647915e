"""What analytics reads: each report as one function or sequence of a date range."""
