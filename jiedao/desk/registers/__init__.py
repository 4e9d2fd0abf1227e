"""The pages of registers: directory, list, map, record, form, sheets, grades."""
