"""Refusals that are shown to a user, with a hint what to do."""

from collections.abc import Iterable


def join_sentences(sentences: Iterable[object]) -> str:
    """Return sentences in one line; after Chinese punctuation no space follows."""
    joined = ""
    for text in filter(None, map(str, sentences)):
        joined += text if not joined or joined.endswith(tuple("。；，！？：")) else f" {text}"
    return joined


class UserError(Exception):
    """A refusal that is shown to a user.

    Args:
        message: what is wrong, in the reader's language (already translated or lazily translated).
        hint: what to do about it.
        field: the form field it belongs to, empty when it concerns the complete request.
    """

    status = 422

    def __init__(self, message: object, *, hint: object = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field

    def __str__(self) -> str:
        return join_sentences([self.message, self.hint])


class NotAllowed(UserError):  # noqa: N818 (a refusal, not a fault)
    """The user may see the object but not do this with it."""

    status = 403


class NotFoundError(UserError):
    """The object does not exist, or the user may not know that it does."""

    status = 404


class TooManyRequests(UserError):  # noqa: N818
    """Too much came from one address, or for one object or contact; `seconds` is after how long to try again."""

    status = 429

    def __init__(self, message: object, *, seconds: int, hint: object = "", field: str = "") -> None:
        super().__init__(message, hint=hint, field=field)
        self.seconds = seconds


class Stale(UserError):  # noqa: N818
    """Another user was faster: the object is no longer in the state in which the form was opened."""

    status = 409
