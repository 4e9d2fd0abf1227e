"""The parts of a pack that the room of units and posts declares."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.orgs.pack.checks import check_calendar, check_posts, check_units
from jiedao.orgs.pack.sections import DaySection, HoursSection, PostSection, UnitSection
from jiedao.orgs.pack.staffing import check_staffing
from jiedao.orgs.pack.tables import CALENDAR_FILES, FILES

PART = PackPart(
    "orgs",
    files=FILES,
    sections=(UnitSection(), PostSection()),
    checks=(check_units, check_posts, check_staffing),
)
CALENDAR = PackPart(
    "calendar", files=CALENDAR_FILES, sections=(DaySection(), HoursSection()), checks=(check_calendar,)
)
