"""The pages of inspections: the list with its figures, and an inspection with its checklist or its results."""
