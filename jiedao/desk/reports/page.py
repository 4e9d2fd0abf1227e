"""What the pages of reports show: the report as HTML, the list of figures to insert."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import unified_diff
from itertools import groupby
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jiedao.desk.figure_lines import get_figure_url
from jiedao.desk.links import get_rows_url
from jiedao.indicators.compute import compute_figures, find_place, read_measures
from jiedao.indicators.figure import Figure, Place
from jiedao.indicators.models import VIEW as VIEW_FIGURES
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.reports.binding import UnboundNumber, find_targets, find_unbound
from jiedao.reports.document import Document
from jiedao.reports.models import Report
from jiedao.reports.output.web import write_html


@dataclass(frozen=True)
class Preview:
    """A document as a page shows it, with what keeps it from being signed.

    Attributes:
        unbound: numbers that keep it from being signed. targets: those of the plan, which do not.
    """

    body: SafeString
    notes: tuple[str, ...]
    unbound: list[UnboundNumber]
    targets: list[UnboundNumber]
    figures: int


# what a text may write -> what it prints
EXAMPLES = (
    ('{{ figure("…", say="近", to=3000) }}', _("近、约、超、不少于，与实际不符时会提示")),
    ('{{ growth("…") }}', _("同比")),
    ('{{ change("…") }}', _("较上期")),
    ('{{ rank("…") }}', _("位次")),
    ('{{ target("…") }}', _("目标")),
    ('{{ completion("…") }}', _("完成率")),
    ('{{ table("…", by="area") }}', _("各社区的表，单独占一行")),
    ('{{ chart("…", by="month") }}', _("各月的图，单独占一行")),
    ('{{ map("…") }}', _("各社区的地图，单独占一行")),
)

# what an office's Word file may write -> what it prints
WORD_EXAMPLES = (
    ("{{ body }}", _("报告正文，单独占一段；字体、行距随这一段")),
    ("{{ title }}", _("报告标题；写了它，正文里就不再有标题")),
    ("{{ date }}", _("签发日期，草稿用当天")),
    ("{{ drafter }} {{ signer }} {{ digest }}", _("起草人、签发人、校验值；不写校验值，就印在每页页脚")),
    ("{{ period }}", _("时段，如 2020年上半年")),
    ("{{ place }}", _("社区或单位的名称")),
    ('{{ figure("…") }}', _("任何一个指标，写法同报告正文")),
    ('{{ table("…", by="area") }}', _("表、图和地图，单独占一段")),
    ("{% if month == 1 %}", _("条件和循环各占一段，或各占表格的一行")),
)


def build_preview(actor: Actor, document: Document) -> Preview:
    """Return a document whose numbers open their figures, where the actor may open them."""
    figures = {id(run.figure) for run in document.runs if run.figure is not None}
    active = set(read_measures())
    body = write_html(document, lambda figure: find_figure_url(actor, figure, active))
    return Preview(body, document.notes, find_unbound(document), find_targets(document), len(figures))


def find_figure_url(actor: Actor, figure: Figure, active: Collection[str] | None = None) -> str:
    """Return the address of a figure's page, with its value, its source or rows, and what it is compared with.

    A user who may not open figures gets the address of the rows, where these can be opened. The address is "" where
    there is nothing to open, such as for a measure of a signed report that the town no longer has.

    Args:
        active: the keys of the active measures, for a caller with many figures.
    """
    if actor.can(VIEW_FIGURES):
        keys = read_measures() if active is None else active
        has_page = figure.measure.key in keys and _is_known(figure.place)
        return get_figure_url(figure.measure, figure.period, figure.place) if has_page else ""
    return get_rows_url(actor, figure.link)


def _is_known(place: Place) -> bool:
    try:
        find_place(place.area_code, place.unit_code)
    except UserError:
        return False
    return True


def build_picker(report: Report) -> list[dict[str, Any]]:
    """Return the measures by theme, each with its value in the report's period and what to write into the text."""
    measures = list(read_measures().values())
    figures = compute_figures(measures, report.period, report.place)
    return [
        {
            "theme": theme.label,
            "rows": [
                {
                    "measure": measure,
                    "figure": figures[measure.key],
                    "snippet": make_snippet(figures[measure.key]),
                }
                for measure in rows
            ],
        }
        for theme, rows in groupby(measures, key=lambda measure: measure.theme)
    ]


def make_snippet(figure: Figure) -> str:
    """Return the words of a text that print a figure, or its rank where that is all that is known."""
    function = "rank" if figure.value is None and figure.rank is not None else "figure"
    return f'{{{{ {function}("{figure.measure.key}") }}}}'


def list_changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """Return the lines that differ between two texts: ("-", line) for a removed one, ("+", line) for a new one."""
    lines = list(unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    return [(line[0], line[1:]) for line in lines if line[0] in "+-" and line[1:].strip()]
