"""The moves of a case: each subject's module declares its rows and their effects, `table` collects them."""
