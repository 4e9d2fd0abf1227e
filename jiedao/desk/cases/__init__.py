"""The pages of cases: list, intake, one case with its moves, the dispatcher's desk."""
