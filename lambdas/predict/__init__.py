"""Answers predictions, and says who answers them."""
