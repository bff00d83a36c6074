"""The embedded cloud: ministack, with SageMaker beside it run as real processes."""
