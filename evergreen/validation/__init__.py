"""Validation: what a project expects of its data, judged from profiles and in one pass over the rows.

An expectation answers from a profile where a profile can tell, and from the rows where it cannot. The vocabulary is
that of Great Expectations.
"""
