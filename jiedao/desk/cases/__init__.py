"""The pages of cases: the list, the form for a new case, a case with its moves, the dispatcher's desk."""
