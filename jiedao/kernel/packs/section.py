"""The tables a pack fills: what they hold now, and how a row is created, changed or retired."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from jiedao.cases.models import Category, Duty, Reason
from jiedao.kernel.models import CalendarDay, Policy
from jiedao.orgs.models import Post, Unit
from jiedao.packs import desired, projects, promises, registers
from jiedao.packs.desired import Desired, Values, category_key
from jiedao.packs.schema import POLICY
from jiedao.places.models import Area, Premise
from jiedao.projects.models import ProjectKind, ProjectMeasure
from jiedao.projects.models.promises import Campaign, Commitment, Partner, Payment, Pledge, Quota
from jiedao.registers.models import Register

Ids = dict[str, dict[str, int]]  # kind of section -> key -> primary key
BATCH = 500


class Retire(Enum):
    """What becomes of a row that the pack no longer has."""

    FLAG = "flag"  # active = False: cases may still name it
    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True)
class Section:
    """One table.

    Attributes:
        kind: how plan and audit call a row.
        key: makes the key of a row from its values.
        columns: plain columns. links: foreign keys, column -> kind. many: many-to-many, column -> kind.
        managed: keys that may be retired; None means every one.
    """

    kind: str
    model: Any
    key: Callable[[Values], str]
    desired: Desired
    columns: tuple[str, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, str] = field(default_factory=dict)
    retire: Retire = Retire.FLAG
    managed: frozenset[str] | None = None

    def current(self, ids: Ids) -> dict[str, Values]:
        """Return every row as plain values by key, with its id and, where it can be retired, `active`."""
        names = {kind: {pk: key for key, pk in table.items()} for kind, table in ids.items()}
        columns = [*self.columns, *(f"{link}_id" for link in self.links)]
        flag = ["active"] if self.retire is Retire.FLAG else []
        many = {column: self._pairs(column, names[kind]) for column, kind in self.many.items()}
        found = {}
        for row in self.model.objects.values("pk", *columns, *flag):
            values = {name: row[name] for name in (*self.columns, *flag)}
            for link, kind in self.links.items():
                values[link] = names.get(kind, {}).get(row[f"{link}_id"], "")
            for column, pairs in many.items():
                values[column] = sorted(pairs.get(row["pk"], []))
            found[self.key(values)] = {**values, "pk": row["pk"]}
        return found

    def _pairs(self, column: str, names: dict[int, str]) -> dict[int, list[str]]:
        relation = self.model._meta.get_field(column)
        own, other = relation.m2m_field_name() + "_id", relation.m2m_reverse_field_name() + "_id"
        pairs: dict[int, list[str]] = {}
        for pk, other_pk in relation.remote_field.through.objects.values_list(own, other):
            pairs.setdefault(pk, []).append(names[other_pk])
        return pairs

    def ids(self) -> dict[str, int]:
        """Return the primary key of each row; for tables that others link to."""
        return {self.key(row): row["pk"] for row in self.model.objects.values("pk", *self.columns)}

    def create(self, rows: dict[str, Values], ids: Ids) -> None:
        """Insert rows; links to rows of the same insert are filled in afterwards."""
        if self.model is Area:
            plant_areas(rows)
        else:
            self.model.objects.bulk_create(
                [self._object(row, ids) for row in rows.values()], batch_size=BATCH
            )
        if self.kind in self.links.values():
            ids[self.kind] = self.ids()
            self.change(rows, ids)
        elif self.many:
            self._set_many(rows, self._row_ids(ids), ids)

    def change(self, rows: dict[str, Values], ids: Ids) -> None:
        """Update the rows to the given values."""
        table = ids[self.kind] if self.kind in ids and not self.many else self._row_ids(ids)
        objects = []
        for key, row in rows.items():
            one = self._object(row, ids)
            one.pk = table[key]
            objects.append(one)
        columns = [*self.columns, *self.links, *(["active"] if self.retire is Retire.FLAG else [])]
        self.model.objects.bulk_update(objects, columns, batch_size=BATCH)
        if self.many:
            self._set_many(rows, table, ids)

    def drop(self, keys: Iterable[str], current: dict[str, Values]) -> None:
        """Retire rows: switch them off, or delete them where nothing can name them."""
        chosen = self.model.objects.filter(pk__in=[current[key]["pk"] for key in keys])
        if self.retire is Retire.FLAG:
            chosen.update(active=False)
        else:
            chosen.delete()

    def _object(self, row: Values, ids: Ids) -> Any:
        values = {name: row[name] for name in self.columns}
        for link, kind in self.links.items():
            values[f"{link}_id"] = ids.get(kind, {}).get(row[link]) if row[link] else None
        return self.model(**values)

    def _row_ids(self, ids: Ids) -> dict[str, int]:
        return {key: row["pk"] for key, row in self.current(ids).items()}

    def _set_many(self, rows: dict[str, Values], table: dict[str, int], ids: Ids) -> None:
        for column, kind in self.many.items():
            relation = self.model._meta.get_field(column)
            own, other = relation.m2m_field_name() + "_id", relation.m2m_reverse_field_name() + "_id"
            through = relation.remote_field.through
            through.objects.filter(**{f"{own}__in": [table[key] for key in rows]}).delete()
            through.objects.bulk_create(
                [
                    through(**{own: table[key], other: ids[kind][name]})
                    for key, row in rows.items()
                    for name in row[column]
                ],
                batch_size=BATCH,
            )


def plant_areas(rows: dict[str, Values]) -> None:
    """Insert areas behind their last sibling.

    Not by treebeard's sorted insertion: that would move later siblings, and the paths that cases carry with
    them would then point to other areas.
    """
    known = {area.code: area for area in Area.objects.all()}
    last: dict[str, int] = {}
    for area in known.values():
        step = Area._str2int(area.path[-Area.steplen :])
        last[area.path[: -Area.steplen]] = max(step, last.get(area.path[: -Area.steplen], 0))
    planted, grown = [], {}
    for code in sorted(rows, key=lambda code: (len(code), code)):
        parent = known.get(code[:-3]) if len(code) > 6 else None
        base = parent.path if parent else ""
        last[base] = last.get(base, 0) + 1
        depth = parent.depth + 1 if parent else 1
        area = Area(path=Area._get_path(base, depth, last[base]), depth=depth, numchild=0, **rows[code])
        known[code] = area
        planted.append(area)
        if parent:
            parent.numchild += 1
            if parent.pk:
                grown[parent.pk] = parent
    Area.objects.bulk_create(planted, batch_size=BATCH)
    Area.objects.bulk_update(grown.values(), ["numchild"], batch_size=BATCH)


def by_code(values: Values) -> str:
    """Return the code as key."""
    return str(values["code"])


def by_key(values: Values) -> str:
    """Return the key."""
    return str(values["key"])


def by_kind(values: Values) -> str:
    """Return kind and code as key."""
    return category_key(values["kind"], values["code"])


SECTIONS: tuple[Section, ...] = (
    Section(
        "area", Area, by_code, desired.areas, ("kind", "code", "name", "name_en", "polygon", "schematic")
    ),
    Section(
        "premise",
        Premise,
        by_code,
        desired.premises,
        ("code", "kind", "name", "name_en", "address", "lon", "lat"),
        links={"area": "area"},
    ),
    Section(
        "unit",
        Unit,
        by_code,
        desired.units,
        ("code", "name", "name_en", "kind"),
        links={"parent": "unit", "area": "area"},
    ),
    Section(
        "post",
        Post,
        by_code,
        desired.posts,
        ("code", "title", "title_en", "permissions", "scope"),
        links={"unit": "unit", "superior": "post"},
    ),
    Section(
        "category",
        Category,
        by_kind,
        desired.categories,
        (
            "kind",
            "code",
            "name",
            "name_en",
            "keywords",
            "verify_first",
            "visit_required",
            "filing_condition",
            "closing_condition",
        ),
        links={"parent": "category"},
    ),
    Section(
        "duty",
        Duty,
        lambda values: f"{values['category']} {values['area'] or 'town'}",
        desired.duties,
        ("limits",),
        links={"category": "category", "area": "area", "lead_unit": "unit"},
        many={"helpers": "unit"},
        retire=Retire.DELETE,
    ),
    Section("reason", Reason, by_kind, desired.reasons, ("kind", "code", "text", "text_en", "law")),
    Section(
        "policy",
        Policy,
        by_key,
        desired.policies,
        ("key", "value"),
        retire=Retire.DELETE,
        managed=frozenset({"limits", "demo", *(column.name for column in POLICY.fields)}),
    ),
    Section(
        "day",
        CalendarDay,
        lambda values: values["date"].isoformat(),
        desired.days,
        ("date", "is_workday", "name"),
        retire=Retire.KEEP,
    ),
    Section("project_kind", ProjectKind, by_code, projects.kinds, ("code", "name", "name_en", "position")),
    Section(
        "project_measure",
        ProjectMeasure,
        by_code,
        projects.measures,
        ("code", "name", "name_en", "unit", "unit_en", "position"),
    ),
    Section(
        "register",
        Register,
        by_key,
        registers.registers,
        ("key", "name", "name_en", "position", "definition"),
    ),
    Section(
        "campaign", Campaign, by_key, promises.campaigns, promises.CAMPAIGN_COLUMNS, links={"unit": "unit"}
    ),
    Section(
        "quota",
        Quota,
        promises.quota_key,
        promises.quotas,
        ("month", "amount"),
        links={"campaign": "campaign", "area": "area"},
        retire=Retire.DELETE,
    ),
    Section(
        "pledge",
        Pledge,
        by_code,
        promises.pledges,
        ("kind", "code", "text", "text_en", "source", "due_date"),
        links={"unit": "unit"},
        many={"helpers": "unit"},
        retire=Retire.KEEP,
    ),
    Section(
        "partner",
        Partner,
        by_key,
        promises.partners,
        ("key", "name", "name_en", "relation", "note"),
        links={"unit": "unit"},
    ),
    Section(
        "commitment",
        Commitment,
        by_key,
        promises.commitments,
        ("key", "amount", "date", "purpose", "purpose_en", "document"),
        links={"partner": "partner"},
        retire=Retire.KEEP,
    ),
    Section(
        "payment",
        Payment,
        by_key,
        promises.payments,
        ("key", "amount", "date", "document"),
        links={"commitment": "commitment"},
        retire=Retire.KEEP,
    ),
)
LINKED = ("area", "unit", "post", "category", "campaign", "partner", "commitment")


def read_ids() -> Ids:
    """Return the primary keys of every table that others link to."""
    return {section.kind: section.ids() for section in SECTIONS if section.kind in LINKED}
