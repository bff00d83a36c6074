"""Keeps the labels that callers send back."""
