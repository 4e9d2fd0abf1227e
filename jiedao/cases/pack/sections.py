"""What the database should hold once a pack is applied: plain values by key, links as keys."""

from collections.abc import Callable
from typing import Any

from jiedao.packs.duties import DutyList, Key, category_facts
from jiedao.packs.expressions import Condition
from jiedao.packs.faults import Report
from jiedao.packs.pack import Pack
from jiedao.packs.posts import expand_posts
from jiedao.packs.reading import Row

Values = dict[str, Any]
AREA_KINDS = {6: "DISTRICT", 9: "STREET", 12: "COMMUNITY", 15: "GRID"}
KEYWORD_TABLES = {"COMPONENT": "component", "MATTER": "matter"}


def texts(row: Row, *names: str) -> Values:
    """Return the named texts of a row, empty where they are missing."""
    return {name: row.values.get(name, "") for name in names}


def areas(pack: Pack) -> dict[str, Values]:
    """Return every area, with its outline where the pack has one."""
    schematic = bool(pack.one("pack.toml", "pack").get("schematic", False))
    rows = {**pack.coded("areas.csv"), **pack.coded("grids.geojson")}
    outlines = {**pack.coded("communities.geojson"), **pack.coded("grids.geojson")}
    found = {}
    for code, row in rows.items():
        polygon = outlines[code].values.get("geometry") if code in outlines else None
        found[code] = {
            "kind": AREA_KINDS[len(code)],
            "code": code,
            "name": row.values.get("name") or code[-3:],
            "name_en": row.values.get("name_en", ""),
            "polygon": polygon,
            "schematic": schematic and polygon is not None,
        }
    return found


def premises(pack: Pack) -> dict[str, Values]:
    """Return every premise."""
    return {
        code: {
            **texts(row, "code", "kind", "name", "name_en", "address", "area"),
            "lon": row.values.get("lon"),
            "lat": row.values.get("lat"),
        }
        for code, row in pack.coded("premises.csv").items()
    }


def units(pack: Pack) -> dict[str, Values]:
    """Return every unit."""
    rows = pack.coded("units.toml", "unit").items()
    return {code: texts(row, "code", "name", "name_en", "kind", "parent", "area") for code, row in rows}


def posts(pack: Pack) -> dict[str, Values]:
    """Return every post."""
    return {
        line.code: {
            "code": line.code,
            "unit": line.unit,
            "title": line.title,
            "title_en": line.title_en,
            "permissions": list(line.permissions),
            "scope": line.scope,
            "superior": line.superior,
        }
        for line in expand_posts(pack)
    }


def category_key(kind: str, code: str) -> str:
    """Return how a category is named in a plan, such as "MATTER 06010"."""
    return f"{kind} {code}"


def categories(pack: Pack) -> dict[str, Values]:
    """Return every category: its line, what it takes from its 大类, its keywords and what the rules say."""
    rows = {(row.values["kind"], row.values["code"]): row for row in pack.rows("categories.csv")}
    facts = category_facts(pack)
    rules = {key: Condition(text) for key, text in pack.one("rules.toml", "rules").items()}
    words = {kind: pack.coded("keywords.toml", table) for kind, table in KEYWORD_TABLES.items()}
    found = {}
    for (kind, code), row in rows.items():
        major = rows.get((kind, code[:2]), row)
        parent = category_key(kind, code[:2]) if len(code) > 2 else ""
        keywords = words[kind][code].values["value"] if code in words[kind] else []
        values = {
            **texts(row, "kind", "code", "name", "name_en"),
            "parent": parent,
            "keywords": list(dict.fromkeys(keywords)),
            "filing_condition": row.values.get("filing") or major.values.get("filing", ""),
            "closing_condition": row.values.get("closing") or major.values.get("closing", ""),
        }
        for flag, default in (("verify_first", False), ("visit_required", True)):
            values[flag] = row.values.get(flag, _ruled(rules.get(flag), facts.get((kind, code)), default))
        found[category_key(kind, code)] = values
    return found


def _ruled(rule: Condition | None, facts: Values | None, default: bool) -> bool:
    return default if rule is None or facts is None else rule.holds(facts)


def duties(pack: Pack) -> dict[str, Values]:
    """Return every line of the duty list."""
    found = {}
    for line in DutyList(pack, Report()).lines:
        key: Key = (line.kind, line.code)
        found[f"{category_key(*key)} {line.area or 'town'}"] = {
            "category": category_key(*key),
            "area": line.area,
            "lead_unit": line.lead,
            "helpers": sorted(line.helpers),
            "limits": line.limits,
        }
    return found


def reasons(pack: Pack) -> dict[str, Values]:
    """Return every reason."""
    rows = pack.rows("reasons.toml", "reason")
    return {
        f"{row.values['kind']} {row.values['code']}": texts(row, "kind", "code", "text", "text_en", "law")
        for row in rows
    }


def policies(pack: Pack) -> dict[str, Values]:
    """Return the town's numbers, its default limits by stage and whether its data is made up."""
    limits = {stage.upper(): text for stage, text in pack.one("duties.toml", "limits").items()}
    demonstration = bool(pack.one("pack.toml", "pack").get("demonstration", False))
    values = {**pack.one("pack.toml", "policy"), "limits": limits, "demo": demonstration}
    return {key: {"key": key, "value": value} for key, value in values.items()}


def days(pack: Pack) -> dict[str, Values]:
    """Return the days on which the town differs from the national calendar."""
    return {
        row.values["date"].isoformat(): {
            "date": row.values["date"],
            "is_workday": row.values["working"],
            "name": row.values.get("name", ""),
        }
        for row in pack.rows("calendar.toml", "day")
    }


def hours(pack: Pack) -> list[str]:
    """Return the office hours such as ["09:00-12:00"], empty when the pack leaves them alone."""
    return list(pack.one("calendar.toml", "office").get("hours", []))


Desired = Callable[[Pack], dict[str, Values]]
