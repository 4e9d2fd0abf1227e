"""The parts of a pack that the room of units and posts declares."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.orgs.pack.checks import check_calendar, check_posts, check_units
from jiedao.orgs.pack.effects import EFFECTS
from jiedao.orgs.pack.followers import HoldingsOfAreas, guard_areas
from jiedao.orgs.pack.guards import guard_units
from jiedao.orgs.pack.post_followers import POST_FOLLOWERS
from jiedao.orgs.pack.sections import DaySection, HoursSection, PostSection, UnitSection
from jiedao.orgs.pack.staffing import check_staffing
from jiedao.orgs.pack.tables import CALENDAR_FILES, FILES

PART = PackPart(
    "orgs",
    files=FILES,
    sections=(UnitSection(), PostSection()),
    checks=(check_units, check_posts, check_staffing),
    guards={"area": guard_areas, "unit": guard_units},
    followers=(HoldingsOfAreas(), *POST_FOLLOWERS),
    effects=EFFECTS,
)
CALENDAR = PackPart(
    "calendar", files=CALENDAR_FILES, sections=(DaySection(), HoursSection()), checks=(check_calendar,)
)
