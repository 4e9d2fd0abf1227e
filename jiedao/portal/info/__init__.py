"""What the office publishes: the list, a publication with its figures, the feed, and how the office responds."""
