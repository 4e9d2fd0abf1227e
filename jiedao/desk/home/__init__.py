"""The user's own pages: tasks, notices and account."""
