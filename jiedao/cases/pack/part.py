"""The part of a pack that the room of cases declares."""

from jiedao.cases.pack.checks import (
    check_categories,
    check_duties,
    check_phrases,
    check_reasons,
    check_scripts,
)
from jiedao.cases.pack.effects import EFFECTS
from jiedao.cases.pack.followers import FOLLOWERS
from jiedao.cases.pack.guards import guard_areas, guard_column, guard_units
from jiedao.cases.pack.leads import check_leads
from jiedao.cases.pack.questions import QuestionSection, check_questions
from jiedao.cases.pack.sections import CategorySection, DutySection, PhraseSection, ReasonSection
from jiedao.cases.pack.tables import FILES
from jiedao.cases.pack.unit_followers import UNIT_FOLLOWERS
from jiedao.kernel.packs.parts import PackPart

PART = PackPart(
    "cases",
    files=FILES,
    sections=(CategorySection(), DutySection(), ReasonSection(), PhraseSection(), QuestionSection()),
    checks=(
        check_categories,
        check_duties,
        check_leads,
        check_reasons,
        check_phrases,
        check_scripts,
        check_questions,
    ),
    followers=(*FOLLOWERS, *UNIT_FOLLOWERS),
    guards={
        "unit": guard_units,
        "area": guard_areas,
        "category": guard_column("category_id", "category"),
        "premise": guard_column("premise_id"),
    },
    effects=EFFECTS,
)
