"""Template tags of the public's site."""
