"""Following a matter by number and code: its state, adding information, rating, messages; all matters of a phone."""
