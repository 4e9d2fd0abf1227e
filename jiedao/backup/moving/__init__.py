"""Moving an office to another database, by `jiedao move`.

The office works while its rows are copied from one snapshot, the indexes are made, and the copy is read. Then it is
still: a lock of the old database excludes every writer, its rows are read once more, and what differs from the copy is
replaced. The digests of all parts of all tables are then equal, so nothing can have been missed.
"""
