"""The part of a pack that declares measures, their targets, and figures that documents state."""
