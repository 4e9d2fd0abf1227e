"""Messages outside the system in a pack: defaults for posts, quiet hours, the digest, urgent kinds."""
