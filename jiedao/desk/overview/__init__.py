"""The leaders' single page 一张图: the figures that a pack puts on it, hot matters, and what has changed."""
