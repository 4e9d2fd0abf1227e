"""Hot matters: many cases about one matter, what was done about each, and merging and supervising them together."""
