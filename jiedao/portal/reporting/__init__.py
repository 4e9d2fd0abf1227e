"""Reporting a matter: the choice of what it is, the form, likely duplicates, and the slip with number and code."""
