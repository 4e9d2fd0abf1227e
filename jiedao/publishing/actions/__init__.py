"""Everything that writes publications, open data and yearly reports."""
