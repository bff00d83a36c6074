"""Drift: frozen reference counts, one statistic per file, and a verdict that needs size and significance."""
