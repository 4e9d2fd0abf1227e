"""The tables of the files `measures.toml` and `figures.toml`."""

from jiedao.indicators.models import Better, MeasureKind, Status, TileSpan
from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Table, require_field

MEASURES, FIGURES = "measures.toml", "figures.toml"
MOST = 1e15

THEME = Table((require_field("key", most=40), require_field("name", most=60), Column("name_en", most=80)))
MEASURE = Table(
    (
        require_field("key", most=60),
        require_field("theme", most=40),
        require_field("name", most=80),
        Column("name_en", most=120),
        require_field("meaning", most=400, hint="State in plain words what is counted, and what is not."),
        Column("meaning_en", most=600),
        require_field("unit", most=20),
        Column("unit_en", most=40),
        Column("digits", Kind.INT, least=0, most=4, default=0),
        Column("kind", required=True, choices=tuple(MeasureKind.values)),
        Column("spec", Kind.ANY),
        Column("factor", Kind.ANY),
        Column("quantile", Kind.ANY),
        Column("numerator", Kind.ANY),
        Column("denominator", Kind.ANY),
        Column("denominator_name", Kind.ANY),
        Column("denominator_name_en", Kind.ANY),
        Column("formula", Kind.ANY),
        Column("terms", Kind.ANY),
        Column("sum", Kind.ANY),
        Column("since", Kind.DATE),
        Column("splits", Kind.TEXTS),
        Column("figure", Kind.ANY),
        Column("better", choices=tuple(value for value in Better.values if value)),
        Column("published", Kind.BOOL, default=False),
    )
)
TARGET = Table(
    (
        require_field("measure", most=60),
        require_field("period", most=24),
        Column("area", most=12),
        Column("unit", most=40),
        Column("value", Kind.NUMBER, required=True, least=-MOST, most=MOST, digits=4),
        Column("minimum", Kind.BOOL, default=False),
        Column("source", most=200),
    )
)
TILE = Table(
    (
        require_field("measure", most=60),
        Column("span", choices=tuple(TileSpan.values), default=TileSpan.MONTH.value),
    )
)
FIGURE = Table(
    (
        require_field("measure", most=60),
        require_field("period", most=24),
        Column("area", most=12),
        Column("unit", most=40),
        Column("value", Kind.NUMBER, least=-MOST, most=MOST, digits=4),
        Column("growth", Kind.NUMBER, least=-99999, most=99999, digits=2),
        Column("rank", Kind.INT, least=1, most=9999),
        Column("rank_field", most=40),
        Column("rank_of", Kind.INT, least=1, most=9999),
        Column("status", choices=tuple(Status.values), default=Status.ACTUAL.value),
        Column("scope_words", most=80),
        require_field("source", most=200, hint="Name the document that states the figure."),
    )
)
FILES = (
    FileSpec(MEASURES, {"theme": THEME, "measure": MEASURE, "target": TARGET, "tile": TILE}, required=False),
    FileSpec(FIGURES, {"figure": FIGURE}, required=False),
)
SPEC_COLUMNS = (
    "spec",
    "factor",
    "quantile",
    "numerator",
    "denominator",
    "denominator_name",
    "denominator_name_en",
    "formula",
    "terms",
    "sum",
    "since",
)
