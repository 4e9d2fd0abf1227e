"""jiedao: the working system of a sub-district office."""
