"""Fetch on schedule what is new in the project's source, and land it."""
