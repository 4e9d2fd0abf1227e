"""The public's site in a pack: its texts about the office, and the matters that people can report."""
