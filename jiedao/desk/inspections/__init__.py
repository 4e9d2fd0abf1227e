"""Pages of inspections: the list with its figures, a checklist to answer, and what came of it."""
