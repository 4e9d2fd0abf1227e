"""Open data: the data sets, their dictionaries, their files, and the rows behind a figure."""
