"""The leaders' single page 一张图: every figure that a pack puts on it, hot matters and what has changed, on one screen."""
