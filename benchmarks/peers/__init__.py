"""What runs in peers' own environments, and the locked requirements of each."""
