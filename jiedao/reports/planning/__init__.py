"""The plan of a report: its sentences become promises, and the next report is compared with them."""
