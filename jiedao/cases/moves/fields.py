"""What a move asks for: a page draws the matching control, and the API accepts the matching JSON."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _


class FieldKind(Enum):
    """The type of a field, with the Python value that an effect receives."""

    TEXT = "text"  # str
    REASON = "reason"  # code of a reason of the pack
    UNIT = "unit"  # id of a unit
    UNITS = "units"  # list of ids
    CATEGORY = "category"  # id
    AREA = "area"  # id
    PREMISE = "premise"  # id
    CASE = "case"  # number of another case
    BOOL = "bool"
    SCORE = "score"  # 1 to 5
    DATE = "date"  # local date
    LIMIT = "limit"  # "4wh", "2wd", "24h"
    LINES = "lines"  # list of str, one a line
    PHOTOS = "photos"  # ids of attachments that are already stored
    REQUEST = "request"  # an open ExtensionRequest; the form sends its id


@dataclass(frozen=True)
class MoveField:
    """One field of a move."""

    name: str
    kind: FieldKind
    label: Any
    required: bool = True
    help: Any = ""


NOTE = MoveField("note", FieldKind.TEXT, _("说明"), required=False)
EXPLANATION = MoveField("note", FieldKind.TEXT, _("理由"))
