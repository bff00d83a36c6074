"""The last step of the training pipeline: record how the run ended, and unlock."""
