"""A batch of the map over a large version: profiles of objects that have none."""
