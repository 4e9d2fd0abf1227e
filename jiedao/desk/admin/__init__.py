"""The administration: people, posts, units, calendar, categories, audit."""
