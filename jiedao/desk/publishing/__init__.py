"""The pages on which clerks prepare publications, open data and yearly reports."""
