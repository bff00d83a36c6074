"""`make demo`: the whole loop on real data, in the embedded cloud."""
