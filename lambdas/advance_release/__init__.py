"""Judges a release once and takes its next step."""
