"""Imports and exports as jobs that survive a restart: received, worked off, moved by people, and cleared away."""
