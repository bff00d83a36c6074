"""Step 7 of the training pipeline: sign the model and give it a version."""
