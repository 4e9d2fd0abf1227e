"""去处未定: what a succession left to a person, by sort, decided one by one or many at once."""
