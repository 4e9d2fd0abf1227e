"""The public's site in a pack: what the office says about itself, and which matters it offers to report."""
