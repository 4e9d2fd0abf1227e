"""What a company sees by the code that the office gave it: its requests, and coming inspections of its premises."""
