"""The tags and filters of all pages; docs/reference/front-end.md describes them with examples."""

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
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.kernel import drawing, errors, words
from jiedao.kernel.choices import draw_options
from jiedao.kernel.clock import TOWN_TZ
from jiedao.kernel.tiles import mark_live_map

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; without a label it is hidden from screen readers."""
    return _draw_icon(name, conditional_escape(label))


@lru_cache(maxsize=1000)
def _draw_icon(name: str, label: str) -> SafeString:
    sprite = static("vendor/icons/icons.svg")
    if label:
        return format_html(
            '<svg class="j-icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>',
            SafeString(label),
            sprite,
            name,
        )
    return format_html('<svg class="j-icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)


# The frame is the same on page after page: with these two tags it takes 0.4 ms instead of 1.5, of 14 for a case.
@register.simple_tag
def constant(name: str) -> SafeString:
    """Include a template that depends on nothing but the language; it is rendered once in a process and language."""
    return _render_constant(name, get_language() or "")


@lru_cache(maxsize=100)
def _render_constant(name: str, _language: str) -> SafeString:
    return SafeString(get_template(name).render())


@register.simple_tag
def navigation(items: Sequence[Mapping[str, Any]] | None) -> SafeString:
    """Draw the main navigation; navigations that are alike are drawn once in a process and language."""
    rows = tuple(tuple(item.items()) for item in items or ())
    return _draw_navigation(rows, get_language() or "")


@lru_cache(maxsize=500)
def _draw_navigation(rows: tuple[tuple[tuple[str, Any], ...], ...], _language: str) -> SafeString:
    return SafeString(get_template("kernel/nav.html").render({"nav": [dict(row) for row in rows]}))


@register.simple_tag
def state_badge(label: Any, tone: str = "neutral", **options: str) -> SafeString:
    """Show a state by its label and a dot, or the icon named by the option `icon`."""
    return _draw_badge(conditional_escape(label), drawing.normalise_tone(tone), options.get("icon", ""))


@lru_cache(maxsize=1000)
def _draw_badge(label: str, tone: str, name: str) -> SafeString:
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
    """Show a deadline in its tone: the working time left and when it ends, or when the work was done and its limit.

    The exact local time is the title.
    """
    text, tone = words.describe_deadline(due_at, now, warn_at=warn_at, done_at=done_at, paused=paused)
    if due_at is None:
        return format_html('<span class="j-due j-due--neutral">{}</span>', text)
    exact = f"{due_at.astimezone(TOWN_TZ):%Y-%m-%d %H:%M}"
    title = _("期限 %(time)s") % {"time": exact}
    if provisional:
        title += " · " + _("暂按一般工作日推算，节假日安排公布后更新")
        text += _("（暂定）")
    if done_at is not None:
        detail = words.describe_done(due_at, done_at, now)
    elif paused or due_at < now:
        detail = ""
    else:
        detail = _("%(moment)s 到期") % {"moment": words.format_due_moment(due_at, now)}
    return format_html(
        '<time class="j-due j-due--{}" datetime="{}" title="{}">{}{}</time>',
        tone,
        due_at.isoformat(),
        title,
        text,
        format_html('<span class="j-due__sep">{}</span><span class="j-due__at">{}</span>', _("，"), detail)
        if detail
        else "",
    )


@register.filter
def until(due_at: datetime | None, now: datetime) -> str:
    """Return the working time left until a deadline, as plain text."""
    return words.format_time_left(due_at, now)


@register.filter
def when(at: datetime | None, now: datetime) -> SafeString | str:
    """Return a moment as short text in a <time> element with the exact local time; "" for None."""
    if at is None:
        return ""
    exact = f"{at.astimezone(TOWN_TZ):%Y-%m-%d %H:%M:%S}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, words.format_moment(at, now)
    )


@register.filter
def grouped(number: int | None) -> str:
    """Return a count with thousands separators; "" for None."""
    return "" if number is None else f"{number:,}"


@register.filter
def parts(text: object) -> list[str]:
    """Return the parts of "community · grid", so that a short line can break between them."""
    return [part for part in str(text or "").split(" · ") if part]


@register.simple_tag
def choose(select: Mapping[str, Any]) -> SafeString:
    """Draw the select box of a filter; its label is the empty choice.

    `select` has name, label, value (text) and either `options`, pairs of (value, label), or `groups`, pairs of
    (label, options); `words` is an optional address of keywords, see `combobox.js`. It is built without a template,
    because a list of grids has hundreds of options.
    """
    current, label = str(select["value"]), escape(str(select["label"]))
    groups = select.get("groups")  # a town without grids has none
    options = draw_options(groups if groups is not None else select["options"], {current})
    style = "form-select desk-set" if current else "form-select"
    words = f' data-words="{escape(select["words"])}"' if select.get("words") else ""
    return SafeString(
        f'<select class="{style}" name="{escape(str(select["name"]))}" aria-label="{label}"{words}>'
        f'<option value="">{label}</option>{options}</select>'
    )


@register.inclusion_tag("kernel/parts/crumb.html")
def crumb(url: str, label: object) -> dict[str, object]:
    """Draw a breadcrumb; without an address it is the current page."""
    return {"url": url, "label": label}


def _choose_class(widget: Any) -> str:
    """Return the CSS class of a widget's control."""
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(widget, Select) else "form-control"


@register.inclusion_tag("kernel/parts/field.html")
def field(bound: BoundField, rows: int | None = None, **attrs: str) -> dict[str, object]:
    """Draw a form field with label, control, help and errors, linked with each other for screen readers.

    Further keyword arguments become attributes of the control; an underscore in the name becomes a dash. A field that
    is neither required nor free to be empty has an attribute `need_words`, which is shown instead of "选填".
    """
    widget = bound.field.widget
    name = bound.id_for_label or bound.auto_id
    described_by = [f"{name}-help"] if bound.help_text else []
    described_by += [f"{name}-error"] if bound.errors else []
    attributes: dict[str, str | bool] = {key.replace("_", "-"): value for key, value in attrs.items()}
    attributes["class"] = " ".join(
        filter(
            None, [_choose_class(widget), widget.attrs.get("class", ""), "is-invalid" if bound.errors else ""]
        )
    )
    if described_by:
        attributes["aria-describedby"] = " ".join(described_by)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    if isinstance(widget, Textarea):
        attributes["rows"] = str(rows or 4)
    group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    return {
        "bound": bound,
        "id": name,
        "group": group,
        "options": [(_draw_box(box.data), box.choice_label) for box in bound] if group else [],
        "check": isinstance(widget, CheckboxInput) and not group,
        "control": "" if group else bound.as_widget(attrs=attributes),
        "required": bound.field.required,
        "optional": getattr(bound.field, "need_words", _("选填")),
    }


def _draw_box(widget: Mapping[str, Any]) -> SafeString:
    """Draw a box of a group as Django does, whose four templates for each box took 5 ms for 60 units."""
    attributes = {"type": widget["type"], "name": widget["name"], "value": widget["value"], **widget["attrs"]}
    shown = {name: value for name, value in attributes.items() if value is not None and value is not False}
    text = "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(str(value))}"'
        for name, value in shown.items()
    )
    return SafeString(f"<input{text}>")


register.filter("join_sentences", errors.join_sentences)


@register.inclusion_tag("kernel/parts/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, object]:
    """List the errors that belong to no field, and links to the fields with errors."""
    faulty_fields = [form[name] for name in form.errors if name in form.fields]
    return {"general": form.non_field_errors(), "wrong": faulty_fields, "show": bool(form.errors)}


@register.inclusion_tag("kernel/parts/pager.html")
def pager(page: Any) -> dict[str, object]:
    """Draw the links to the previous and the next page of a list, and the number of rows."""

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
    """Draw a list of events; docs/reference/front-end.md lists the keys of an entry."""
    return {"entries": entries, "now": now}


@register.inclusion_tag("kernel/parts/photo_grid.html")
def photo_grid(photos: Iterable[Any]) -> dict[str, object]:
    """Draw thumbnails that link to the pictures."""
    return {"photos": photos}


@register.inclusion_tag("kernel/parts/map.html", takes_context=True)
def map_svg(
    context: Mapping[str, Any],
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
    """Draw a FeatureCollection as SVG; with an address (or inputs to fill) a live map replaces it.

    A town may have no outlines: the map then states it, and a collection without any feature is no map at all.

    Args:
        height: in pixels, 240, 320, 420 or 560; any other value fills its pane.
        pick_lon, pick_lat: ids of the inputs that a click on the map fills.
        counted, late: the texts of a cluster, with {all} and {bad} for the numbers; by default they count cases.
    """
    label = label or _("地图")
    is_live = bool(url or pick_lon)
    geometries = [feature["geometry"] for feature in features["features"] if feature.get("geometry")]
    outlined = any(geometry["type"] != "Point" for geometry in geometries)
    size = height if height in {240, 320, 420, 560} else "fill"
    return {
        "svg": drawing.draw_map(features, label, size if isinstance(size, int) else 560),
        "label": label,
        "size": size,
        "url": url,
        "pick_lon": pick_lon,
        "pick_lat": pick_lat,
        "counted": counted or _("{all} 件"),
        "late": late or _("{all} 件，其中 {bad} 件超期"),
        "live": is_live,
        "drawn": bool(geometries or url),
        "outlined": outlined,
        "has_points_only": bool(geometries) and not outlined,
        "schematic": (context.get("town") or {}).get("schematic", False),
        "tiles": mark_live_map(context.get("request")) if is_live else None,
        "features": features if pick_lon and not url else None,
    }


def _read_value(row: Any, name: str, default: Any = "") -> Any:
    return row.get(name, default) if isinstance(row, Mapping) else getattr(row, name, default)


@register.inclusion_tag("kernel/parts/bar_chart.html")
def bar_chart(rows: Iterable[Any], unit: str = "", label: str = "") -> dict[str, object]:
    """Draw rows of label, value, href, tone, note as horizontal bars; the longest has the full width."""
    bars = [
        {
            "label": _read_value(row, "label"),
            "value": _read_value(row, "value", 0) or 0,
            "href": _read_value(row, "href"),
            "note": _read_value(row, "note"),
            "tone": drawing.normalise_tone(_read_value(row, "tone", "strong") or "strong"),
        }
        for row in rows
    ]
    top = max((abs(float(row["value"])) for row in bars), default=0.0) or 1.0
    for row in bars:
        row["share"] = round(abs(float(row["value"])) / top * 100, 1)
    return {"rows": bars, "unit": unit, "label": label}


def _get_cell(values: Sequence[Any], index: int) -> Any:
    """Return a value as the table prints it: a dash where there is no data, which is not 0."""
    value = values[index] if index < len(values) else ""
    return "—" if value is None else value


@register.inclusion_tag("kernel/parts/chart.html")
def chart(
    kind: str, labels: Sequence[str], series: Sequence[Mapping[str, Any]], title: str = "", unit: str = ""
) -> dict[str, object]:
    """Draw a chart above its table; without script and on paper only the table is displayed.

    Args:
        kind: "bar", "hbar", "stack", "line" or "pie".
        series: dicts with name, values and optionally tone, kind and links (an address for each value).
    """

    labels = [str(label) for label in labels]
    columns = [
        {
            "name": str(item.get("name", "")),
            "values": list(item.get("values", [])),
            "tone": drawing.normalise_tone(item.get("tone")) if item.get("tone") else "",
            "kind": item.get("kind", ""),
            "links": list(item.get("links", [])),
        }
        for item in series
    ]
    rows = [
        (
            label,
            [
                (_get_cell(item["values"], i), item["links"][i] if i < len(item["links"]) else "")
                for item in columns
            ],
        )
        for i, label in enumerate(labels)
    ]
    data = {"kind": kind, "labels": labels, "series": columns, "unit": unit, "title": str(title)}
    return {"rows": rows, "columns": columns, "data": data, "title": title, "unit": unit}


@register.simple_tag
def meter(value: float | None, maximum: float = 1.0, tone: str = "strong", label: str = "") -> SafeString:
    """Draw a thin bar that shows a value as a share of the maximum."""
    share = min(max((value or 0) / maximum * 100 if maximum else 0, 0), 100)
    return format_html(
        '<svg class="j-meter j-meter--{}" role="img" aria-label="{}" viewBox="0 0 100 4" '
        'preserveAspectRatio="none">'
        '<rect class="j-meter__ground" width="100" height="4"></rect>'
        '<rect class="j-meter__bar" width="{}" height="4"></rect></svg>',
        drawing.normalise_tone(tone),
        label or f"{share:.0f}%",
        f"{share:.1f}",
    )


@register.filter
def highlight(text: object, wanted: Iterable[str] | str) -> SafeString:
    """Mark the wanted words in the text; a string is split at spaces."""
    terms = wanted.split() if isinstance(wanted, str) else [str(term) for term in wanted or []]
    terms = sorted((term for term in terms if term), key=len, reverse=True)
    if not terms:
        return conditional_escape(str(text))
    pieces = re.split("(" + "|".join(re.escape(term) for term in terms) + ")", str(text), flags=re.IGNORECASE)
    marked = [
        format_html("<mark>{}</mark>", piece) if index % 2 else conditional_escape(piece)
        for index, piece in enumerate(pieces)
    ]
    return mark_safe("".join(marked))  # noqa: S308 (every piece is escaped above)
