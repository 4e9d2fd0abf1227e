"""The part of a pack that the room of registers declares: one file for each register."""
