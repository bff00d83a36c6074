"""Measure quality on schedule: captured answers against the labels that arrived."""
