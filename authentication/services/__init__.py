"""Writes of accounts, sessions, mailed links and addresses."""
