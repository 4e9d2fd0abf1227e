"""The sections of cases: categories, duties, reasons and stock phrases."""

from dataclasses import replace

from jiedao.cases.models import Category, Duty, Phrase, Reason
from jiedao.cases.pack.conditions import Condition
from jiedao.cases.pack.duties import DutyList, Key, read_category_facts
from jiedao.cases.pack.own import CategoryLayer, DutyLayer, PhraseLayer, ReasonLayer
from jiedao.cases.pack.own_units import UNIT_FIELDS, list_units, replace_unit
from jiedao.cases.pack.tables import (
    CATEGORIES,
    KEYWORD_TABLES,
    KEYWORDS,
    PHRASE,
    PHRASES,
    REASON,
    REASONS,
    RULES_FILE,
)
from jiedao.kernel.packs.comparing import CHANGE, Comparison, Item
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import Retire, RowIds, TableSection
from jiedao.kernel.packs.tables import WAS
from jiedao.orgs.pack.tables import UNITS

# the values of a category where neither its line nor a rule decides
FLAGS = {
    "verify_first": False,
    "visit_required": True,
    "photo_after": True,  # a result that anyone can look at is shown; a town excepts what is not on the street
    "photo_before": False,
    "site_check": False,
}


def make_category_key(kind: str, code: str) -> str:
    """Return the key by which plans and checklists name a category, such as "MATTER 06010"."""
    return f"{kind} {code}"


class CategorySection(TableSection):
    """大类 and 小类: the line of the table, completed from its 大类, the keywords and the rules."""

    kind, model = "category", Category
    own = CategoryLayer()
    key_columns = ("kind", "code")
    columns = (
        "kind",
        "code",
        "name",
        "name_en",
        "keywords",
        "verify_first",
        "visit_required",
        "photo_after",
        "photo_before",
        "site_check",
        "filing_condition",
        "closing_condition",
    )
    links = {"parent": "category"}

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return every category; its conditions of filing and closing are by default those of its 大类."""
        rows: dict[Key, Row] = {
            (row.values["kind"], row.values["code"]): row for row in pack.rows(CATEGORIES)
        }
        keywords = {kind: pack.by_key(KEYWORDS, table) for kind, table in KEYWORD_TABLES.items()}
        flags = _read_flags(pack, rows)
        categories = {}
        for (kind, code), row in rows.items():
            major = rows.get((kind, code[:2]), row)
            words = keywords[kind][code].values["value"] if code in keywords[kind] else []
            categories[make_category_key(kind, code)] = {
                "kind": kind,
                "code": code,
                "name": row.get("name"),
                "name_en": row.get("name_en"),
                "parent": make_category_key(kind, code[:2]) if len(code) > 2 else "",
                "keywords": list(dict.fromkeys(words)),
                "filing_condition": row.get("filing") or major.get("filing"),
                "closing_condition": row.get("closing") or major.get("closing"),
                **flags[kind, code],
            }
        return categories


def _read_flags(pack: Pack, rows: dict[Key, Row]) -> dict[Key, Values]:
    """Return the flags of each category: from its line, else from the rule, else the default."""
    facts = read_category_facts(pack)
    rules = {key: Condition(text) for key, text in pack.single(RULES_FILE, "rules").items()}

    def decide(flag: str, key: Key) -> bool:
        if flag not in rules or key not in facts:
            return FLAGS[flag]
        return rules[flag].holds(facts[key])

    return {
        key: {flag: row.values[flag] if flag in row.values else decide(flag, key) for flag in FLAGS}
        for key, row in rows.items()
    }


class DutySection(TableSection):
    """The lines of the duty list, for the complete town and for the areas that rules name."""

    kind, model = "duty", Duty
    own = DutyLayer()
    columns = ("limits",)
    links = {"category": "category", "area": "area", "lead_unit": "unit"}
    many = {"helpers": "unit"}
    retire = Retire.DELETE

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return every line of the duty list."""
        duties = [
            {
                "category": make_category_key(line.kind, line.code),
                "area": line.area,
                "lead_unit": line.lead,
                "helpers": sorted(line.helpers),
                "limits": line.limits,
            }
            for line in DutyList(pack, Report()).lines
        ]
        return {self.make_key(duty): duty for duty in duties}

    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Compare the lines; own values name the successor of a unit that the pack renames or merges."""
        self.successors = _find_successors(pack)
        return super().compare(pack, ids)

    def add_items(self, comparison: Comparison) -> None:
        """Replace retired units in the lines that own values state, before they are compared."""
        new_codes = {old: new[0] for old, new in self.successors.items() if len(new) == 1}
        keys = {line.key for line in comparison.own}
        for key in keys & comparison.wanted.keys():
            values = comparison.wanted[key]
            if any(unit in new_codes for unit in list_units(values)):
                comparison.wanted[key] = replace_unit(values, new_codes)
        super().add_items(comparison)
        refused = self._find_split_units(comparison)
        unchanged = refused.keys() - {item.key for item in comparison.items}
        comparison.items = [
            replace(item, blocked=refused.get(item.key, item.blocked)) for item in comparison.items
        ] + [Item(CHANGE, self.kind, key, key, blocked=refused[key]) for key in sorted(unchanged)]

    def _find_split_units(self, comparison: Comparison) -> dict[str, str]:
        """Return the lines whose own value names a unit that is split: only a person can decide which part it means."""
        split = {old for old, new in self.successors.items() if len(new) > 1}
        return {
            line.key: f"the town's own value names {', '.join(sorted(named))}, which is split: "
            "change or return that value first"
            for line in comparison.own
            if (named := split.intersection(list_units(line.value) if line.field in UNIT_FIELDS else ()))
        }

    def make_key(self, values: Values) -> str:
        """Return the key of a line, such as "MATTER 06010 town"."""
        return f"{values['category']} {values['area'] or 'town'}"


def _find_successors(pack: Pack) -> dict[str, list[str]]:
    """Return the units that take the place of each unit that the pack no longer contains."""
    units, successors = pack.by_key(UNITS, "unit"), dict[str, list[str]]()
    for code, row in units.items():
        for old_code in row.values.get(WAS.name) or ():
            if old_code not in units:
                successors.setdefault(old_code, []).append(code)
    return successors


class ReasonSection(TableSection):
    """Reasons for refusing, returning, suspending and voiding."""

    kind, model = "reason", Reason
    own = ReasonLayer()
    file, table = REASONS, REASON
    key_columns = ("kind", "code")


class PhraseSection(TableSection):
    """Stock phrases for results, replies and reasons."""

    kind, model = "phrase", Phrase
    own = PhraseLayer()
    file, table = PHRASES, PHRASE
    key_columns = ("kind", "code")
