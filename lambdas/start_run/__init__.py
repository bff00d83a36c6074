"""Step 1 of the training pipeline: lock it, and resolve what the run is about."""
