"""Closes a release: removes the loser, verifies the winner."""
