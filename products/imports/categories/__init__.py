"""Imports the category tree: names, places, descriptions and pictures; parents stand anywhere in the file."""
