"""What leaves the repository: the files of the functions and of the image, and nothing else."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# gitignore patterns: everything is excluded, then folders are let back in. A folder must be let in before its content.
NEVER = ["__pycache__", "*.pyc", ".DS_Store"]
FUNCTION_FILES = ["/*", "!/evergreen", "!/lambdas", "/evergreen/cli", "/lambdas/layers", "*.md", *NEVER]
IMAGE_FILES = ["/*", "!/evergreen", "!/training", "/evergreen/cli", "/evergreen/aws", *NEVER]
