"""The part of a pack that the room of cases declares: categories with keywords and rules, the duty list, reasons."""
