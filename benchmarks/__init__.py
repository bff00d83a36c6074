"""Benchmarks: one module per claim, each beside its peers or its floor, one JSON line per comparison."""
