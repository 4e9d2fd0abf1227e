"""Every write to registers."""
