"""Evaluation: metrics, gates, the comparison with the champion, and the judgement made of them."""
