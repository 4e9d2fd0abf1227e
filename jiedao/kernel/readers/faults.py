"""The fault of a value that cannot be read."""


class ValueFault(ValueError):  # noqa: N818 (a fault of the input)
    """A value that cannot be read; the message states what is wrong and what to write, in the reader's language."""

    @property
    def reason(self) -> str:
        """The message."""
        return str(self)
