"""Write a document as HTML. Every number with a figure is a link that opens it."""

from collections.abc import Callable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from jiedao.indicators.figure import Figure
from jiedao.reports.document import (
    AreaMap,
    Block,
    Chart,
    Closing,
    Document,
    Drawing,
    Heading,
    Imprint,
    Paragraph,
    Run,
    Table,
)
from jiedao.reports.output.drawings import draw

TAGS = ("h1", "h2", "h3", "h4")


def write_html(document: Document, find_url: Callable[[Figure], str]) -> SafeString:
    """Return the body of a report's page; `find_url` gives the address of a figure, "" for none."""
    return format_html_join("\n", "{}", ((_write_block(block, find_url),) for block in document.blocks))


def _write_block(block: Block, find_url: Callable[[Figure], str]) -> SafeString:
    if isinstance(block, Heading):
        tag = TAGS[block.level]
        return format_html("<{0}>{1}</{0}>", tag, _write_runs(block.runs, find_url))
    if isinstance(block, Paragraph):
        return format_html("<p>{}</p>", _write_runs(block.runs, find_url))
    if isinstance(block, Table):
        return _write_table(block, find_url)
    if isinstance(block, Chart | AreaMap):
        return _write_drawing(block, find_url)
    if isinstance(block, Closing):
        return format_html_join("", '<p class="closing">{}</p>', ((line,) for line in block.lines))
    if isinstance(block, Imprint):
        lines = format_html_join("", "<p>{}</p>", ((line,) for line in block.lines))
        return format_html('<footer class="imprint">{}<p class="digest">{}</p></footer>', lines, block.digest)
    raise TypeError(f"{type(block).__name__} belongs to printouts, which have no HTML")


def _write_runs(runs: tuple[Run, ...], find_url: Callable[[Figure], str]) -> SafeString:
    return format_html_join("", "{}", ((_write_run(run, find_url),) for run in runs))


def _write_run(run: Run, find_url: Callable[[Figure], str]) -> SafeString:
    words: SafeString = format_html("{}", run.text)
    if run.figure is not None:
        title = f"{run.figure.measure.label} · {run.figure.period.label} · {run.figure.how}"
        url = find_url(run.figure)
        if url:
            words = format_html('<a class="figure" href="{}" title="{}">{}</a>', url, title, run.text)
        else:
            words = format_html('<span class="figure" title="{}">{}</span>', title, run.text)
    return format_html("<strong>{}</strong>", words) if run.is_strong else words


def _write_table(table: Table, find_url: Callable[[Figure], str]) -> SafeString:
    caption = format_html("<caption>{}</caption>", table.caption) if table.caption else ""
    header = format_html_join("", '<th scope="col">{}</th>', ((words,) for words in table.header))
    rows = format_html_join(
        "",
        "<tr>{}</tr>",
        (
            (format_html_join("", "<td>{}</td>", ((_write_runs(cell, find_url),) for cell in row)),)
            for row in table.rows
        ),
    )
    return format_html(
        '<div class="table-responsive" tabindex="0" role="group" aria-label="{}">'
        '<table class="table">{}<thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        table.caption or _("表格"),
        caption,
        header,
        rows,
    )


def _write_drawing(drawing: Drawing, find_url: Callable[[Figure], str]) -> SafeString:
    svg = mark_safe(draw(drawing, find_url))  # noqa: S308 (the drawing escapes every label)
    return format_html("<figure>{}<figcaption>{}</figcaption></figure>", svg, drawing.caption)
