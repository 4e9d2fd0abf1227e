"""What a move asks for: a page draws the matching control, and the API accepts the matching JSON.

Whether a field must be filled is stated here alone, by `MoveField.get_need`: the rule (`cleaning`), the attribute
`required` in the HTML and the words beside the label follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.cases.models import Case


class Need(Enum):
    """Whether a field of a move must be filled."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    EITHER = "either"  # this field or the field `instead`
    DEPENDS = "depends"  # on the value of another field, which `MoveField.depends` names; the effect refuses


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
    CHOICE = "choice"  # one of `MoveField.choices`
    SCORE = "score"  # 1 to 5
    DATE = "date"  # local date
    LIMIT = "limit"  # "4wh", "2wd", "24h"
    LINES = "lines"  # list of str, one a line
    PHOTOS = "photos"  # ids of attachments that are already stored
    ANSWERS = "answers"  # raw answers to the questions of the category by key, which the effect reads
    REQUEST = "request"  # an open ExtensionRequest; the form sends its id


@dataclass(frozen=True)
class MoveField:
    """One field of a move.

    Attributes:
        required: whether it must be filled on every case.
        choices: of a CHOICE, (value, label). The first is also written as true, the second as false.
        initial: the choice that a form offers, "" for none.
        reason_kind: of a REASON, which reasons of the pack it offers; by default those of the move.
        need_on: for a field whose need differs from case to case, the function that returns it.
        instead: the field that may be filled instead, where the need is EITHER.
        depends: the words beside the label where the need is EITHER or DEPENDS.
    """

    name: str
    kind: FieldKind
    label: Any
    required: bool = True
    help: Any = ""
    choices: tuple[tuple[str, Any], ...] = ()
    initial: str = ""
    reason_kind: str = ""
    need_on: Callable[[Case], Need] | None = None
    instead: str = ""
    depends: Any = ""

    def get_need(self, case: Case) -> Need:
        """Return whether the field must be filled on this case."""
        if self.need_on is not None:
            return self.need_on(case)
        if self.depends:
            return Need.DEPENDS
        return Need.REQUIRED if self.required else Need.OPTIONAL


NOTE = MoveField("note", FieldKind.TEXT, _("说明"), required=False)
EXPLANATION = MoveField("note", FieldKind.TEXT, _("理由"))
