"""Datasets: manifests, data versions, reading tables, what the target is computed from.

Modules that need pyarrow (`tables`, `types`) are never imported from here: most functions run without it.
"""
