"""The pages of evaluation: results, one unit's sheet with every point explained, appeals, a simulation of weights."""
