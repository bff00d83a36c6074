"""Profiles: one small mergeable summary per object.

profile(A ∪ B) = merge(profile(A), profile(B)): a version is summarised without reading it again.
"""

FORMAT = 4  # of a profile's bytes
