"""The tables of the file `scoresheets.toml`."""

from django.utils.translation import gettext_lazy as _

from jiedao.evaluation.definition import FEWEST_HOLDERS, READS, Measured
from jiedao.evaluation.models import Missing, PeriodKind, Subject
from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Table, require_field

SCORESHEETS = "scoresheets.toml"
FROM_HINT = _("写用这个版本评分的第一个时段的第一天。")

SCORESHEET = Table(
    (
        require_field("key", most=40),
        require_field("name", most=80),
        Column("name_en", most=120),
        Column("subject", required=True, choices=tuple(Subject.values)),
        Column("period", required=True, choices=tuple(PeriodKind.values)),
    )
)
VERSION = Table(
    (
        require_field("sheet", most=40),
        require_field("key", most=40),
        require_field("from", Kind.DATE, hint=FROM_HINT),
        Column("until", Kind.DATE),
        Column("basis", most=200),
        Column("total", Kind.NUMBER, least=1, most=100000, digits=2, default=100),
        Column("digits", Kind.INT, least=0, most=4, default=2),
        Column("appeal_days", Kind.INT, least=1, most=60, default=5),
        Column("unit_kinds", Kind.TEXTS),
        Column("only", Kind.TEXTS),
        Column("exclude", Kind.TEXTS),
        Column("minimum_measure", most=60),
        Column("minimum", Kind.NUMBER, least=0, most=1e9, digits=4),
        Column("grades", Kind.ANY),
        Column("red", Kind.INT, least=0, most=100),
        Column("black", Kind.INT, least=0, most=100),
        Column("roles", Kind.TEXTS),
        Column("measured_by", choices=tuple(Measured)),
        Column("minimum_holders", Kind.INT, least=FEWEST_HOLDERS, most=1000),
    )
)
ITEM = Table(
    (
        require_field("sheet", most=40),
        require_field("version", most=40),
        require_field("key", most=40),
        require_field("name", most=80),
        Column("name_en", most=120),
        Column("meaning", most=300),
        Column("meaning_en", most=400),
        Column("rule", Kind.ANY, required=True),
        Column("measure", most=60),
        Column("values", Kind.ANY),
        Column("scores_of", most=40),
        Column("reads", choices=READS),
        Column("missing", choices=tuple(Missing.values)),
    )
)
FILES = (
    FileSpec(
        SCORESHEETS,
        {"scoresheet": SCORESHEET, "scoresheet_version": VERSION, "scoresheet_item": ITEM},
        required=False,
    ),
)
