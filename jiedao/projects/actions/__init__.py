"""Every write to what was promised."""
