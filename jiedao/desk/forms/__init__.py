"""Forms that superiors demand: the register of demands, binding, filling."""
