"""Imports stock feeds: levels by count or by change, every few minutes if need be, while the shop sells."""
