"""The places of a pack: areas with their outlines, premises, roads."""
