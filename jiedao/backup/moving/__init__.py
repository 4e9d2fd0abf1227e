"""Moving an office to another database, by `jiedao move`.

The office works while its rows are copied from one snapshot with the digests of their parts, the indexes are made, and
the copy is read and compared. Then it is still: a lock of the old database excludes every writer, and the parts that
hold a row which may have changed since are read again on both sides and replaced where they differ. Which rows may have
changed is known from what the database writes for itself, whichever program changes them: the pages in the log of
SQLite, the transactions that PostgreSQL stores with its rows. So the digests of all parts of all tables are equal at
the end, and nothing can have been missed.
"""
