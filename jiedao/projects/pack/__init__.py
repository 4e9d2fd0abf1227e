"""The parts of a pack that the room of projects declares: projects, campaigns, responsibility items, aid."""
