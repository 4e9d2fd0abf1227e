"""What applying a pack would change: `jiedao pack plan`."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count

from jiedao.cases.models import Assignment, Case
from jiedao.kernel import clock
from jiedao.kernel.models import OfficeHours
from jiedao.orgs.models import Holding
from jiedao.packs import desired, promises, registers
from jiedao.packs.desired import Values
from jiedao.packs.pack import Pack
from jiedao.packs.projects import project_changes
from jiedao.packs.sections import SECTIONS, Retire, Section, read_ids
from jiedao.places.models import Area
from jiedao.projects.splitting import plain

CREATE, CHANGE, RETIRE = "create", "change", "retire"
PROJECT = "project"  # with all its tasks, links, money and permits: one item
HOURS = "hours"  # the office hours: one item, whatever the number of rows


@dataclass(frozen=True)
class Item:
    """One row that would be created, changed or retired.

    Attributes:
        fields: for a change, each column with its old and new value in short.
        blocked: why it cannot be done now, empty when it can.  note: what else it means for people.
    """

    action: str
    kind: str
    key: str
    name: str
    fields: dict[str, list[Any]] = field(default_factory=dict)
    blocked: str = ""
    note: str = ""


@dataclass
class Plan:
    """Every item, and the values behind them, by kind."""

    items: list[Item] = field(default_factory=list)
    wanted: dict[str, dict[str, Values]] = field(default_factory=dict)
    current: dict[str, dict[str, Values]] = field(default_factory=dict)

    def keys(self, kind: str, action: str) -> list[str]:
        """Return the keys of one kind of row to be created, changed or retired."""
        return [item.key for item in self.items if (item.kind, item.action) == (kind, action)]

    @property
    def blocked(self) -> list[Item]:
        """The items that keep the pack from being applied."""
        return [item for item in self.items if item.blocked]

    def as_json(self) -> dict[str, Any]:
        """Return the document of `jiedao pack plan --json`."""
        counts = Counter(item.action for item in self.items)
        return {
            **{action: counts[action] for action in (CREATE, CHANGE, RETIRE)},
            "blocked": len(self.blocked),
            "items": [asdict(item) for item in self.items],
        }


def make_plan(pack: Pack) -> Plan:
    """Compare a checked pack with the database: a few statements a table, six a project; nothing is written."""
    plan, ids = Plan(), read_ids()
    for section in SECTIONS:
        wanted, current = section.desired(pack), section.current(ids)
        plan.wanted[section.kind], plan.current[section.kind] = wanted, current
        plan.items += _compare(section, wanted, current, _advice(pack, section, wanted, current))
    plan.items += _compare_hours(pack)
    plan.items += [
        Item(one.action, PROJECT, one.key, one.name, one.fields, blocked=one.blocked, note=one.note)
        for one in project_changes(pack)
    ]
    return plan


Advice = tuple[dict[str, str], dict[str, str]]  # by key: why it cannot be done now, what else it means


def _advice(pack: Pack, section: Section, wanted: dict[str, Values], current: dict[str, Values]) -> Advice:
    gone = _gone(section, wanted, current)
    if section.kind == "register":
        return registers.advice(pack, gone)
    if section.kind == "campaign":
        return {}, promises.unread_entries(wanted, current)
    if section.kind == "pledge":
        return promises.overtaken(wanted, current), {}
    return _open_cases(section.kind, gone), _holders(section.kind, gone)


def _gone(section: Section, wanted: dict[str, Values], current: dict[str, Values]) -> dict[str, Values]:
    """Return the rows that the pack no longer has and that can be retired."""
    return {
        key: values
        for key, values in sorted(current.items())
        if key not in wanted
        and values.get("active", True)
        and section.retire is not Retire.KEEP
        and (section.managed is None or key in section.managed)
    }


def _compare(
    section: Section, wanted: dict[str, Values], current: dict[str, Values], advice: Advice
) -> list[Item]:
    def item(action: str, key: str, values: Values, fields: dict[str, list[Any]]) -> Item:
        blocked, note = (one.get(key, "") for one in advice)
        return Item(action, section.kind, key, _name(values), fields, blocked=blocked, note=note)

    items = []
    for key, values in wanted.items():
        old = current.get(key)
        if old is None:
            items.append(item(CREATE, key, values, {}))
            continue
        new = {**values, "active": True} if section.retire is Retire.FLAG else values
        fields = _fields(old, new)
        if fields:
            items.append(item(CHANGE, key, values, fields))
    gone = _gone(section, wanted, current)
    return [*items, *(item(RETIRE, key, values, {}) for key, values in gone.items())]


def _fields(old: Values, new: Values) -> dict[str, list[Any]]:
    """Return what differs: column -> [before, after] in short; of a definition, part by part."""
    found: dict[str, list[Any]] = {}
    for name, value in new.items():
        if old[name] == value:
            continue
        if name == "definition":
            found |= registers.differences(old[name], value)
        else:
            found[name] = [_brief(old[name]), _brief(value)]
    return found


def _compare_hours(pack: Pack) -> list[Item]:
    wanted = desired.hours(pack)
    current = read_hours()
    if not wanted or wanted == current:
        return []
    return [Item(CHANGE, HOURS, HOURS, "办公时间", {"hours": [current, wanted]})]


def read_hours() -> list[str]:
    """Return the office hours now, such as ["09:00-12:00"]."""
    rows = OfficeHours.objects.order_by("opens").values_list("opens", "closes")
    return [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in rows]


def _name(values: Values) -> str:
    for column in ("name", "title", "text", "lead_unit"):
        if values.get(column):
            return str(values[column])
    return ""


def _brief(value: Any) -> Any:
    """Shorten a geometry to what a person reads in a plan; other values stay."""
    if isinstance(value, dict) and "coordinates" in value:
        return f"{value.get('type')} of {str(value['coordinates']).count('[')} points"
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _open_cases(kind: str, gone: dict[str, Values]) -> dict[str, str]:
    """Return why rows cannot be retired: the open cases that name them."""
    if not gone:
        return {}
    counts: Counter[str] = Counter()
    by_pk = {values["pk"]: key for key, values in gone.items()}
    column = {"unit": "lead_unit_id", "category": "category_id", "premise": "premise_id"}.get(kind)
    cases = Case.objects.open()
    if column:
        rows = cases.filter(**{f"{column}__in": list(by_pk)}).values_list(column).annotate(n=Count("id"))
        counts.update({by_pk[pk]: n for pk, n in rows})
    if kind == "unit":
        helping = Assignment.objects.filter(
            unit_id__in=list(by_pk), role="HELPER", ended_at=None, case__in=cases
        )
        counts.update({by_pk[pk]: n for pk, n in helping.values_list("unit_id").annotate(n=Count("id"))})
    if kind == "area":
        paths = dict(Area.objects.filter(pk__in=list(by_pk)).values_list("path", "code"))
        for path, n in cases.exclude(area_path="").values_list("area_path").annotate(n=Count("id")):
            ancestors = (path[:end] for end in range(Area.steplen, len(path) + 1, Area.steplen))
            counts.update({paths[part]: n for part in ancestors if part in paths})
    return {key: f"{n} open cases name it: close or move them first" for key, n in counts.items()}


def _holders(kind: str, gone: dict[str, Values]) -> dict[str, str]:
    if kind != "post" or not gone:
        return {}
    by_pk = {values["pk"]: key for key, values in gone.items()}
    rows = Holding.objects.on(clock.today()).filter(post_id__in=list(by_pk))
    counts = rows.values_list("post_id").annotate(n=Count("id"))
    return {by_pk[pk]: f"{n} people hold it and lose its rights" for pk, n in counts}
