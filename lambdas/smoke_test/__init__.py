"""Compares the new endpoint with the answers its model gave at evaluation."""
