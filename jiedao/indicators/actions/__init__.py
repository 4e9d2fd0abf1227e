"""The use cases of entered figures."""
