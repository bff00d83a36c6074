"""Measure drift on schedule: captured rows against the champion's reference."""
