"""Open data: which columns a data set may have, its rows, its files, and what makes its definition.

Nothing personal can be chosen: `columns` lists the columns that may be open, and all others are refused.
"""
