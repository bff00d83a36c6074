"""First and last step of profiling a large version: what is missing, and the merge of all."""
