"""Step 6 of the training pipeline: is the candidate good enough?"""
