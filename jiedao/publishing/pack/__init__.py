"""The part of a pack that the room of publishing declares."""
