"""What tests of every room share: a small town with people in it."""
