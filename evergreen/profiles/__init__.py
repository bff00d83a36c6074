"""Profiles: one small mergeable summary per object, and the rules that a data version must satisfy.

profile(A ∪ B) = merge(profile(A), profile(B)): a version is summarised without reading it again.
"""
