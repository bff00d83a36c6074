"""Begins a release: the challenger gets an endpoint and no traffic yet."""
