"""What pages read: publications for clerks and for the public, and figures about the office's work."""
