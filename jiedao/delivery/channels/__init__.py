"""The ways out of the system, behind one interface, `base.Channel`; `choosing.get_channel` returns the one in use."""
