"""The office in a pack: units, roles and posts, office hours and days off."""
