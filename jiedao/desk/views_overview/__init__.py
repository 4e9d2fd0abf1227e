"""Pages that look over many cases, and the administration."""
