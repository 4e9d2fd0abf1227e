"""The pages on which clerks prepare what the office publishes."""
