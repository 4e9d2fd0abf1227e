"""Every table of the room."""
