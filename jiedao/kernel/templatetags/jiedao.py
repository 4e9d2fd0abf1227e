"""The tags and filters of every page. Described with examples in docs/reference/front-end.md."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    RadioSelect,
    Select,
    Textarea,
)
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from jiedao.kernel import drawing, words

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; decoration unless it has a label."""
    return _icon(name, conditional_escape(label))


@lru_cache(maxsize=1000)
def _icon(name: str, label: str) -> SafeString:
    sprite = static("vendor/icons/icons.svg")
    if label:
        return format_html(
            '<svg class="j-icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>',
            SafeString(label),
            sprite,
            name,
        )
    return format_html('<svg class="j-icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)


@register.simple_tag
def state_badge(label: Any, tone: str = "neutral", **options: str) -> SafeString:
    """Show a state as a dot, or as the icon named by the option `icon`, and its word."""
    return _badge(conditional_escape(label), drawing.tone_of(tone), options.get("icon", ""))


@lru_cache(maxsize=1000)
def _badge(label: str, tone: str, name: str) -> SafeString:
    mark = icon(name) if name else SafeString('<span class="j-badge__dot"></span>')
    return format_html('<span class="j-badge j-badge--{}">{}{}</span>', tone, mark, SafeString(label))


@register.simple_tag
def due(
    due_at: datetime | None,
    now: datetime,
    *,
    warn_at: datetime | None = None,
    done_at: datetime | None = None,
    paused: bool = False,
    provisional: bool = False,
) -> SafeString:
    """Show a deadline in words, its tone, and the exact local time on hovering."""
    text, tone = words.due_words(due_at, now, warn_at=warn_at, done_at=done_at, paused=paused)
    if due_at is None:
        return format_html('<span class="j-due j-due--neutral">{}</span>', text)
    exact = f"{timezone.localtime(due_at):%Y-%m-%d %H:%M}"
    title = _("期限 %(time)s") % {"time": exact}
    if provisional:
        title += " · " + _("暂按一般工作日推算，节假日安排公布后更新")
        text += _("（暂定）")
    return format_html(
        '<time class="j-due j-due--{}" datetime="{}" title="{}">{}</time>',
        tone,
        due_at.isoformat(),
        title,
        text,
    )


@register.filter
def until(due_at: datetime | None, now: datetime) -> str:
    """Say how far a deadline is, as plain text."""
    return words.until(due_at, now)


@register.filter
def when(at: datetime | None, now: datetime) -> SafeString | str:
    """Say a moment as a colleague would, in a <time> with the exact local time; "" for None."""
    if at is None:
        return ""
    exact = f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, words.when(at, now))


@register.filter
def parts(text: object) -> list[str]:
    """Return the parts of "community · grid", so that each stands alone where a line is short."""
    return [part for part in str(text or "").split(" · ") if part]


@register.simple_tag
def choose(select: Mapping[str, Any]) -> SafeString:
    """Draw the select box of a filter; its label is the empty choice.

    `select` has name, label, value (text) and either `options`, of (value, label), or `groups`, of (label, options).
    Not a template: a list of grids has hundreds of options.
    """
    chosen, label = str(select["value"]), escape(str(select["label"]))
    if groups := select.get("groups"):
        options = "".join(
            f'<optgroup label="{escape(str(name))}">{_options(rows, chosen)}</optgroup>'
            for name, rows in groups
        )
    else:
        options = _options(select["options"], chosen)
    style = "form-select desk-set" if chosen else "form-select"
    return SafeString(
        f'<select class="{style}" name="{escape(str(select["name"]))}" aria-label="{label}">'
        f'<option value="">{label}</option>{options}</select>'
    )


def _options(rows: Iterable[tuple[Any, Any]], chosen: str) -> str:
    marks = {chosen: " selected"}
    return "".join(
        f'<option value="{escape(str(value))}"{marks.get(str(value), "")}>{escape(str(name))}</option>'
        for value, name in rows
    )


@register.inclusion_tag("kernel/parts/crumb.html")
def crumb(url: str, label: object) -> dict[str, object]:
    """One breadcrumb; without an address it is the page itself."""
    return {"url": url, "label": label}


def _style(widget: Any) -> str:
    """Return the CSS class of a widget's control."""
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(widget, Select) else "form-control"


@register.inclusion_tag("kernel/parts/field.html")
def field(bound: BoundField, rows: int | None = None, **attrs: str) -> dict[str, object]:
    """Draw a form field: label, control, help and errors, tied together for screen readers.

    Further keyword arguments become attributes of the control; an underscore in the name becomes a dash.
    """
    widget = bound.field.widget
    name = bound.id_for_label or bound.auto_id
    described = [f"{name}-help"] if bound.help_text else []
    described += [f"{name}-error"] if bound.errors else []
    given: dict[str, str | bool] = {key.replace("_", "-"): value for key, value in attrs.items()}
    given["class"] = " ".join(
        filter(None, [_style(widget), widget.attrs.get("class", ""), "is-invalid" if bound.errors else ""])
    )
    if described:
        given["aria-describedby"] = " ".join(described)
    if bound.errors:
        given["aria-invalid"] = "true"
    if isinstance(widget, Textarea):
        given["rows"] = str(rows or 4)
    group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    return {
        "bound": bound,
        "id": name,
        "group": group,
        "check": isinstance(widget, CheckboxInput) and not group,
        "control": "" if group else bound.as_widget(attrs=given),
        "required": bound.field.required,
    }


@register.inclusion_tag("kernel/parts/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, object]:
    """List what is wrong with the form as a whole, and links to the wrong fields."""
    wrong = [form[name] for name in form.errors if name in form.fields]
    return {"general": form.non_field_errors(), "wrong": wrong, "show": bool(form.errors)}


@register.inclusion_tag("kernel/parts/pager.html")
def pager(page: Any) -> dict[str, object]:
    """Draw previous and next of a keyset page and say how many rows there are."""

    def read(name: str) -> Any:
        return page.get(name) if isinstance(page, Mapping) else getattr(page, name, None)

    def address(value: object) -> str:
        text = str(value or "")
        return text if not text or text.startswith(("?", "/", "http")) else f"?{text}"

    first, shown = read("first"), read("shown") or 0
    return {
        "previous": address(read("previous")),
        "next": address(read("next")),
        "first": first,
        "last": first + shown - 1 if first and shown else None,
        "shown": shown,
        "total": read("total"),
    }


@register.inclusion_tag("kernel/parts/timeline.html")
def timeline(entries: Iterable[Any], now: datetime | None = None) -> dict[str, object]:
    """Draw what happened, one entry a line; see docs/reference/front-end.md for the keys of an entry."""
    return {"entries": entries, "now": now}


@register.inclusion_tag("kernel/parts/photo_grid.html")
def photo_grid(photos: Iterable[Any]) -> dict[str, object]:
    """Draw thumbnails that link to the pictures."""
    return {"photos": photos}


@register.inclusion_tag("kernel/parts/map.html")
def map_svg(
    features: Mapping[str, Any],
    label: str = "",
    *,
    height: int = 420,
    url: str = "",
    pick_lon: str = "",
    pick_lat: str = "",
    counted: str = "",
    late: str = "",
) -> dict[str, object]:
    """Draw a FeatureCollection as SVG; with an address (or fields to fill) the live map comes over it.

    Args:
        height: in pixels, one of 240, 320, 420, 560; anything else fills its pane.
        pick_lon, pick_lat: ids of the inputs that a click on the map fills.
        counted, late: what a cluster says, with {all} and {bad} for the numbers; without them it speaks of cases.
    """
    label = label or _("地图")
    size = height if height in {240, 320, 420, 560} else "fill"
    return {
        "svg": drawing.map_svg(features, label, size if isinstance(size, int) else 560),
        "label": label,
        "size": size,
        "url": url,
        "pick_lon": pick_lon,
        "pick_lat": pick_lat,
        "counted": counted or _("{all} 件"),
        "late": late or _("{all} 件，其中 {bad} 件超期"),
        "live": bool(url or pick_lon),
        "features": features if pick_lon and not url else None,
    }


def _read(row: Any, name: str, default: Any = "") -> Any:
    return row.get(name, default) if isinstance(row, Mapping) else getattr(row, name, default)


@register.inclusion_tag("kernel/parts/bar_chart.html")
def bar_chart(rows: Iterable[Any], unit: str = "", label: str = "") -> dict[str, object]:
    """Draw rows of label, value, href, tone, note as horizontal bars; the longest is the full width."""
    read = [
        {
            "label": _read(row, "label"),
            "value": _read(row, "value", 0) or 0,
            "href": _read(row, "href"),
            "note": _read(row, "note"),
            "tone": drawing.tone_of(_read(row, "tone", "strong") or "strong"),
        }
        for row in rows
    ]
    top = max((abs(float(row["value"])) for row in read), default=0.0) or 1.0
    for row in read:
        row["share"] = round(abs(float(row["value"])) / top * 100, 1)
    return {"rows": read, "unit": unit, "label": label}


@register.inclusion_tag("kernel/parts/chart.html")
def chart(
    kind: str, labels: Sequence[str], series: Sequence[Mapping[str, Any]], title: str = "", unit: str = ""
) -> dict[str, object]:
    """Draw a chart over its table; the table stands alone without script and on paper.

    Args:
        kind: "bar", "hbar", "stack", "line" or "pie".
        series: dicts of name, values and perhaps tone, kind, links (an address for each value).
    """

    def nth(values: list[Any], index: int) -> Any:
        return values[index] if index < len(values) else ""

    labels = [str(label) for label in labels]
    columns = [
        {
            "name": str(item.get("name", "")),
            "values": list(item.get("values", [])),
            "tone": drawing.tone_of(item.get("tone")) if item.get("tone") else "",
            "kind": item.get("kind", ""),
            "links": list(item.get("links", [])),
        }
        for item in series
    ]
    rows = [
        (
            label,
            [
                (
                    item["values"][i] if i < len(item["values"]) else "",
                    item["links"][i] if i < len(item["links"]) else "",
                )
                for item in columns
            ],
        )
        for i, label in enumerate(labels)
    ]
    data = {"kind": kind, "labels": labels, "series": columns, "unit": unit, "title": str(title)}
    return {"rows": rows, "columns": columns, "data": data, "title": title, "unit": unit}


@register.simple_tag
def meter(value: float | None, maximum: float = 1.0, tone: str = "strong", label: str = "") -> SafeString:
    """Draw a thin bar of value out of maximum."""
    share = min(max((value or 0) / maximum * 100 if maximum else 0, 0), 100)
    return format_html(
        '<svg class="j-meter j-meter--{}" role="img" aria-label="{}" viewBox="0 0 100 4" '
        'preserveAspectRatio="none">'
        '<rect class="j-meter__ground" width="100" height="4"></rect>'
        '<rect class="j-meter__bar" width="{}" height="4"></rect></svg>',
        drawing.tone_of(tone),
        label or f"{share:.0f}%",
        f"{share:.1f}",
    )


@register.filter
def highlight(text: object, found: Iterable[str] | str) -> SafeString:
    """Mark each of the words in the text; a string is cut at spaces."""
    terms = found.split() if isinstance(found, str) else [str(term) for term in found or []]
    terms = sorted((term for term in terms if term), key=len, reverse=True)
    if not terms:
        return conditional_escape(str(text))
    pieces = re.split("(" + "|".join(re.escape(term) for term in terms) + ")", str(text), flags=re.IGNORECASE)
    out = [
        format_html("<mark>{}</mark>", piece) if index % 2 else conditional_escape(piece)
        for index, piece in enumerate(pieces)
    ]
    return mark_safe("".join(out))  # noqa: S308 (every piece is escaped above)
