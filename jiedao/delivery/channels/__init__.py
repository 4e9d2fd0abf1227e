"""The ways out of the system, all behind one interface: `base.Channel`. `choosing.get_channel` returns the one in use."""
