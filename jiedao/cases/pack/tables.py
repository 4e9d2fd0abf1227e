"""The files of categories, duties and reasons, and their columns."""

from jiedao.cases.flow import Stage
from jiedao.cases.models import CategoryKind, PhraseKind, QuestionType, ReasonKind
from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Shape, Table, require_field

CATEGORIES, RULES_FILE, KEYWORDS = "categories.csv", "rules.toml", "keywords.toml"
DUTIES, REASONS, VISITS = "duties.toml", "reasons.toml", "visits.toml"
PHRASES, QUESTIONS = "phrases.toml", "questions.toml"
KEYWORD_TABLES = {"COMPONENT": "component", "MATTER": "matter"}  # by kind of category
KINDS = tuple(CategoryKind.values)
STAGES = tuple(stage.lower() for stage in Stage.values)

CATEGORY = Table(
    (
        Column("kind", required=True, choices=KINDS),
        require_field("code", most=11),
        require_field("name", most=80),
        Column("name_en", most=160),
        Column("verify_first", Kind.BOOL),
        Column("visit_required", Kind.BOOL),
        Column("photo_after", Kind.BOOL),
        Column("photo_before", Kind.BOOL),
        Column("site_check", Kind.BOOL),
        Column("filing", most=400),
        Column("closing", most=400),
    )
)
FLAGS = ("verify_first", "visit_required", "photo_after", "photo_before", "site_check")
RULES = Table(tuple(map(Column, FLAGS)), Shape.ONE)
WORDS = Table((Column("value", Kind.TEXTS, required=True),), Shape.MAP)
LIMITS = Table(tuple(Column(stage, Kind.LIMIT) for stage in STAGES), Shape.ONE)
DUTY = Table(
    (
        Column("kind", choices=KINDS),
        Column("majors", Kind.TEXTS),
        Column("when"),
        Column("categories", Kind.TEXTS),
        Column("areas", Kind.TEXTS),
        Column("lead"),
        Column("helpers", Kind.TEXTS),
        Column("limits", Kind.LIMITS, choices=STAGES),
        Column("note"),
    )
)
REASON = Table(
    (
        Column("kind", required=True, choices=tuple(ReasonKind.values)),
        require_field("code", most=40),
        require_field("text", most=200),
        Column("text_en", most=300),
        Column("law", most=200),
    )
)
SCRIPT = Table(
    (
        Column("kind", choices=KINDS),
        Column("majors", Kind.TEXTS),
        Column("categories", Kind.TEXTS),
        Column("lines", Kind.TEXTS, required=True),
    )
)

PHRASE = Table(
    (
        Column("kind", required=True, choices=tuple(PhraseKind.values)),
        require_field("code", most=40),
        Column("move", most=20),
        require_field("text", most=500),
        Column("text_en", most=800),
    )
)

QUESTION = Table(
    (
        require_field("key", most=40),
        Column("kind", choices=KINDS),
        Column("majors", Kind.TEXTS),
        Column("categories", Kind.TEXTS),
        require_field("name", most=120),
        Column("name_en", most=200),
        Column("help", most=200),
        Column("help_en", most=300),
        Column("type", required=True, choices=tuple(QuestionType.values)),
        Column("unit", most=20),
        Column("unit_en", most=20),
        Column("whole", Kind.BOOL),
        Column("least", Kind.NUMBER),
        Column("most", Kind.NUMBER),
        Column("required", Kind.BOOL),
        Column("personal", Kind.BOOL),
        Column("choices", Kind.NAMES),
        Column("when", most=1000),
    )
)

FILES = (
    FileSpec(CATEGORIES, {"": CATEGORY}),
    FileSpec(RULES_FILE, {"rules": RULES}, required=False),
    FileSpec(KEYWORDS, dict.fromkeys(KEYWORD_TABLES.values(), WORDS), required=False),
    FileSpec(DUTIES, {"limits": LIMITS, "duty": DUTY}),
    FileSpec(REASONS, {"reason": REASON}),
    FileSpec(PHRASES, {"phrase": PHRASE}, required=False),
    FileSpec(QUESTIONS, {"question": QUESTION}, required=False),
    FileSpec(VISITS, {"script": SCRIPT}, required=False),
)
