"""The search over all registers that a user may open."""

from dataclasses import dataclass, field

from django.db.models import Count

from jiedao.cases.selectors.search import make_title_test
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor
from jiedao.registers.access import readable_registers
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record
from jiedao.registers.search import find_record_ids
from jiedao.registers.selectors.lists import COLUMNS, RecordRow

MAX_RANKED = (
    500  # of the matches, the newest so many are compared; an older one is found in the complete list
)


@dataclass(frozen=True)
class RecordMatch:
    """A record with its register."""

    info: RegisterInfo
    row: RecordRow


@dataclass(frozen=True)
class RecordMatches:
    """The active records that match a search.

    Attributes:
        matches: those whose code is the text, then those with all words in the name, then the newest.
        exact: those whose code is the text.
        counts: how many each register has, in the order of the pack; registers without a match are left out.
    """

    matches: list[RecordMatch] = field(default_factory=list)
    exact: list[RecordMatch] = field(default_factory=list)
    counts: list[tuple[RegisterInfo, int]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of records in all registers."""
        return sum(count for _info, count in self.counts)


@plan_by_values()
def search_records(actor: Actor, text: str, most: int) -> RecordMatches:
    """Return the visible records whose code, name or place contain the words of the text; four statements."""
    registers = {info.id: info for info in readable_registers(actor)}
    ids = find_record_ids(text)
    if not registers or ids is None:
        return RecordMatches()
    visible = Record.objects.visible_to(actor).filter(register_id__in=list(registers), active=True)
    matching = visible.filter(pk__in=ids)
    counts = dict(matching.order_by().values_list("register_id").annotate(Count("pk")))
    exact_ids = list(visible.filter(code=text.strip()).order_by("-pk").values_list("pk", flat=True)[:most])
    newest = list(matching.order_by("-pk").values_list("pk", "name")[:MAX_RANKED])
    has_all_words = make_title_test(text)
    titled = [pk for pk, name in newest if has_all_words(name)]
    chosen = list(dict.fromkeys([*exact_ids, *titled[:most], *(pk for pk, _name in newest[:most])]))[:most]
    found = {
        row[1]: RecordMatch(registers[row[0]], RecordRow(*row[1:]))
        for row in visible.filter(pk__in=chosen).values_list("register_id", "pk", *COLUMNS)
    }
    matches = [found[pk] for pk in chosen if pk in found]
    exact = [match for match in matches if match.row.id in exact_ids]
    return RecordMatches(
        matches, exact, [(info, counts[info.id]) for info in registers.values() if info.id in counts]
    )
