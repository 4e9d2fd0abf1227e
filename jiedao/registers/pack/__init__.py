"""The registers of a pack: one file each, with fields, grades, rules and checklists."""
