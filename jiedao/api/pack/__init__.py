"""The interfaces for other programs in a pack: whether the office offers Open311, and how."""
