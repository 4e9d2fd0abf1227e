"""The map of the town."""
