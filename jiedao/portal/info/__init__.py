"""Publications: the list, a publication with its figures, the feed, and the figures of the office's response."""
