"""Registers as sources of figures: records, and their inspections."""
