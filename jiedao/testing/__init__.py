"""What the tests of all rooms share: a small town with its users."""
