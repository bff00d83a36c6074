"""Datasheets of data versions (Gebru et al., Datasheets for datasets, 2021), from what the store already knows."""
