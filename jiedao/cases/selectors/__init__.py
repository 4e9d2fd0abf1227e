"""Every read of cases that a page or an endpoint needs.

Each answers with plain values in a constant number of statements.
"""
