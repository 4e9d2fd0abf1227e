"""Orders 下达: cases of the district that go down to the systems of its offices, and the replies that come back."""
