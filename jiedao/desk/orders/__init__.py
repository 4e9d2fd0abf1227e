"""Orders 下达: the cases that went down to the offices of a district."""
