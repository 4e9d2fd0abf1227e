"""Projects, campaigns and pledges as sources of figures."""
