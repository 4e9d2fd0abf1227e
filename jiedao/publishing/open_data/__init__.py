"""Open data: which columns a data set may have, its rows, its files, and what makes its definition.

Nothing personal can be chosen: `columns` knows the columns, and refuses everything that it does not know to be open.
"""
