"""Stored counts of cases: by day and month, always equal to counting the rows.

A move writes the days that it changes (`marking`), the worker counts them again (`updating`), and a reader counts only
what is not stored or is stale (`reading`). `counting` counts by day, `cells` adds days and months up.
"""
