"""Printouts of single objects: the parts of a sheet, photos, maps and codes, letters, and the audit entry.

A page of the desk puts its printout together from the same functions as the page itself, so that paper shows nothing
that the page hides.
"""
