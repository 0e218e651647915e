"""The addresses below auth/ and addresses/: each parses, calls one service and renders."""
