"""去处未定: what a succession left for people to decide, by sort, one by one or many at once."""
