"""The board: figures about the handling of cases, and the cases behind each figure."""
