"""The cloud side of Evergreen: four stacks, joined in `deployment.py`."""
