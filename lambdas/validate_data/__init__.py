"""Step 2 of the training pipeline: the data version against the project's rules."""
