"""Features: the same function turns rows into the model's matrix at training and at serving."""
