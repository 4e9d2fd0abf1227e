"""Open and solved matters as a reviewer released them: a map, a list and a page for each."""
