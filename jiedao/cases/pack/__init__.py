"""What is solved, in a pack: categories with their words and rules, the duty list, reasons."""
