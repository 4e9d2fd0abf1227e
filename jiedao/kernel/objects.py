"""A reference to an object of any room, for rooms that may not import its model and for pages that show it."""

from typing import NamedTuple


class ObjectRef(NamedTuple):
    """An object by its type, such as "cases.case", and its id.

    Attachments and the audit use the same types. A reference holds no address and no text: the page or document that
    shows the object makes both, in the reader's language.
    """

    object_type: str
    object_id: int
