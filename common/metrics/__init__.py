"""What the shop tells Prometheus: what its web processes have answered, and how things stand in its database."""
