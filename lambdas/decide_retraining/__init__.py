"""Decide on schedule whether to retrain, and start the run."""
