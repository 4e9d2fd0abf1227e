"""The script of a return caller: sentences of the pack, for the category of a case or for the entire town."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.models import Case
from jiedao.cases.pack.tables import VISITS
from jiedao.kernel import clock
from jiedao.kernel.policies import get_policy

if TYPE_CHECKING:
    from jiedao.kernel.packs.pack import Pack

TOWN = ""  # the key of the script that applies where a category has none


def read_visit_scripts(pack: "Pack") -> dict[str, list[str]]:
    """Return the sentences of the pack by "KIND code" of a 大类 or 小类, and those of the town."""
    scripts: dict[str, list[str]] = {}
    for row in pack.rows(VISITS, "script"):
        scripts.update({key: list(row.get("lines", [])) for key in list_script_keys(row.values)})
    return scripts


def list_script_keys(values: dict[str, Any]) -> list[str]:
    """Return the keys of a row of the table of scripts."""
    codes = [*(values.get("majors") or []), *(values.get("categories") or [])]
    kind = values.get("kind") or "MATTER"
    return [f"{kind} {code}" for code in codes] or [TOWN]


def build_visit_script(case: Case) -> list[str]:
    """Return the sentences for a case, with its subject, number and day of report filled in."""
    scripts: dict[str, list[str]] = get_policy("visit_scripts")
    category = catalogue.category_info(case.category_id)
    keys = [f"{category.kind} {category.code}", f"{category.kind} {category.code[:2]}"] if category else []
    lines = next((scripts[key] for key in [*keys, TOWN] if scripts.get(key)), None) or _list_default_lines()
    day = case.reported_at.astimezone(clock.TOWN_TZ).date()
    values = {
        "{subject}": case.subject,
        "{number}": case.number,
        "{date}": _("%(m)d 月 %(d)d 日") % {"m": day.month, "d": day.day},
    }
    return [_fill(line, values) for line in lines]


def _fill(line: str, values: dict[str, str]) -> str:
    for mark, value in values.items():
        line = line.replace(mark, value)
    return line


def _list_default_lines() -> list[str]:
    return [
        _("您好，我是街道办事处的回访员。"),
        _("您在 {date} 反映的“{subject}”已经办结，想听听您的意见。"),
        _("请问问题解决了吗？"),
        _("您对办理的过程和结果满意吗？1 分是很不满意，5 分是很满意，您打几分？"),
        _("还有什么要补充的吗？感谢您的监督。"),
    ]
