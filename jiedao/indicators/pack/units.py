"""Check that the units of a measure fit: those of its sources, its factor, and the terms of a formula or a rate.

Only units of measurement are compared, such as 平方米 in 万平方米 or 元 in 亿元. Words for counting, such
as 个, 名 and 宗, are free.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from jiedao.indicators.definition import MeasureDefinition
from jiedao.indicators.models import MeasureKind
from jiedao.kernel import figures
from jiedao.kernel.expressions.nodes import Binary, Name, Node, Unary, list_children
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.phrasing import list_names
from jiedao.kernel.readers.numbers import SCALES, is_percent_unit

MEASURED = frozenset(
    {
        "元",
        "平方米",
        "公顷",
        "亩",
        "米",
        "公里",
        "立方米",
        "吨",
        "千瓦时",
        "小时",
        "天",
        "分钟",
        "工作日",
        "%",
    }
)
ALIASES = {"m²": "平方米", "㎡": "平方米", "km": "公里", "m": "米", "t": "吨"}
HOURS = {"小时": Decimal(1), "天": Decimal(24), "分钟": 1 / Decimal(60)}


@dataclass(frozen=True)
class ScaledUnit:
    """A unit as its base and how many of the base it is: 万平方米 is 10,000 平方米."""

    scale: Decimal
    base: str

    @property
    def is_measured(self) -> bool:
        """Whether it is a unit of measurement and no word for counting."""
        return self.base in MEASURED


def read_unit(text: str) -> ScaledUnit:
    """Return a unit with its scale."""
    name = ALIASES.get(text.strip(), text.strip())
    if is_percent_unit(name):
        return ScaledUnit(Decimal(1), "%")
    if name in MEASURED:
        return ScaledUnit(Decimal(1), name)
    for scale in sorted(SCALES, key=len, reverse=True):
        base = name.removeprefix(scale)
        base = ALIASES.get(base, base)
        if base != name and base in MEASURED:
            return ScaledUnit(Decimal(SCALES[scale]), base)
    return ScaledUnit(Decimal(1), name)


def find_unit_faults(
    definition: MeasureDefinition, unit: str, pack: Pack, units: Mapping[str, str]
) -> list[str]:
    """Return what is wrong with the units of a correct definition.

    Args:
        unit: that of the measure.
        units: the unit of every measure by its key.
    """
    if definition.kind is MeasureKind.RATE:
        return _find_rate_faults(definition, unit, pack)
    if definition.kind is MeasureKind.DURATION:
        return _find_duration_faults(definition, unit)
    if definition.kind is MeasureKind.FORMULA:
        return _find_formula_faults(definition, unit, units)
    if definition.kind is MeasureKind.AMOUNT:
        return _find_amount_faults(definition, unit, pack)
    return []


def _find_amount_faults(definition: MeasureDefinition, unit: str, pack: Pack) -> list[str]:
    wanted, faults = read_unit(unit), []
    for term in definition.numerator:
        text = figures.read_unit_in_pack(term.spec, pack)
        own = read_unit(text)
        if not text or not (own.is_measured or wanted.is_measured):
            continue
        words = {"source": text, "unit": unit}
        if own.base != wanted.base:
            faults.append(_("数据来源的单位是%(source)s，指标的单位是%(unit)s") % words)
        elif definition.factor != wanted.scale / own.scale:
            words |= {
                "factor": f"{(wanted.scale / own.scale).normalize():f}",
                "written": f"{definition.factor.normalize():f}",
            }
            message = _(
                "数据来源的单位是%(source)s，指标的单位是%(unit)s：factor 是 %(factor)s，不是 %(written)s"
            )
            faults.append(message % words)
    return list(dict.fromkeys(faults))


def _find_rate_faults(definition: MeasureDefinition, unit: str, pack: Pack) -> list[str]:
    faults = []
    if not is_percent_unit(unit):
        faults.append(_("比率的单位是 %%，不是%(unit)s") % {"unit": unit})
    texts = [
        figures.read_unit_in_pack(term.spec, pack)
        for term in (*definition.numerator, *definition.denominator)
    ]
    measured = {text if read_unit(text).is_measured else "" for text in texts}
    if len(measured) > 1:
        names = list_names(sorted(text or _("个数") for text in measured))
        faults.append(_("分子和分母的单位不同：%(names)s") % {"names": names})
    return faults


def _find_duration_faults(definition: MeasureDefinition, unit: str) -> list[str]:
    if unit == "工作日" and definition.numerator[0].spec.get("hours") == "working":
        return []
    if unit not in HOURS:
        words = {"units": list_names(HOURS), "unit": unit}
        return [_("时长的单位是%(units)s，不是%(unit)s") % words]
    if abs(definition.factor - HOURS[unit]) > Decimal("0.001"):
        factor = HOURS[unit].quantize(Decimal("0.0001")).normalize()
        message = _("时长按小时计：单位是%(unit)s时，factor 是 %(factor)s")
        return [message % {"unit": unit, "factor": f"{factor:f}"}]
    return []


def _find_formula_faults(definition: MeasureDefinition, unit: str, units: Mapping[str, str]) -> list[str]:
    """Follow sums and differences: their terms have one unit, which is that of the measure."""
    faults: list[str] = []
    names = {name: units.get(key, "") for name, key in definition.terms.items()}
    result = _follow(definition.expression.tree, names, faults)
    if result is not None and not faults:
        own, wanted = read_unit(result), read_unit(unit)
        if (own.is_measured or wanted.is_measured) and own != wanted:
            message = _("公式的单位是%(result)s，指标的单位是%(unit)s")
            faults.append(message % {"result": result, "unit": unit})
    return faults


def _follow(node: Node, names: Mapping[str, str], faults: list[str]) -> str | None:
    """Return the unit of a part of a formula; None where it is not known, such as that of a product."""
    if isinstance(node, Name):
        return names.get(node.name)
    if isinstance(node, Unary):
        return _follow(node.operand, names, faults)
    if not isinstance(node, Binary):
        for part in list_children(node):
            _follow(part, names, faults)
        return None
    left, right = _follow(node.left, names, faults), _follow(node.right, names, faults)
    if node.sign not in {"+", "-"} or left is None or right is None:
        return None
    left_unit, right_unit = read_unit(left), read_unit(right)
    if (left_unit.is_measured or right_unit.is_measured) and left_unit != right_unit:
        message = _("公式把%(left)s和%(right)s相加")
        if node.sign == "-":
            message = _("公式把%(left)s和%(right)s相减")
        faults.append(message % {"left": left, "right": right})
        return None
    return left
