"""What the columns of each supported file mean; one module per format."""
