"""The pages of the user's own: what waits, notices, account."""
