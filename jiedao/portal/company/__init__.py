"""The page of a company, opened with a code from the office: its requests, and coming inspections of its premises."""
