"""Evergreen: a serverless ML lifecycle. This package decides; `evergreen.aws` acts."""
