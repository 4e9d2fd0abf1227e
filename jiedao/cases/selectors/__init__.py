"""Every read of cases that a page or an endpoint needs.

Each function returns plain values in a constant number of statements.
"""
