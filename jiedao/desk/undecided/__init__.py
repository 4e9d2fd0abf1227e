"""Undecided places 去处未定: cases and records at places that a pack retired, decided one by one or many at once."""
