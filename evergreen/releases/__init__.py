"""Releases: a plan, the record so far and the challenger's health in; the next action out."""
