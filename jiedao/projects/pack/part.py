"""The parts of a pack that the room of projects declares: projects, and promises."""

from jiedao.kernel.packs.parts import PackPart
from jiedao.projects.pack import promises
from jiedao.projects.pack.check_projects import check_projects
from jiedao.projects.pack.check_promises import check_promises
from jiedao.projects.pack.finishing import check_finishing
from jiedao.projects.pack.followers import FOLLOWERS, QUOTA_FOLLOWERS
from jiedao.projects.pack.sections import ProjectKindSection, ProjectMeasureSection, ProjectSection
from jiedao.projects.pack.tables import PROJECT_FILES, PROMISE_FILES
from jiedao.projects.pack.unit_followers import PROJECT_FOLLOWERS, PROMISE_FOLLOWERS

PROJECTS = PackPart(
    "projects",
    files=PROJECT_FILES,
    sections=(ProjectKindSection(), ProjectMeasureSection(), ProjectSection()),
    checks=(check_projects, check_finishing),
    followers=(*FOLLOWERS, *PROJECT_FOLLOWERS),
)
PROMISES = PackPart(
    "promises",
    files=PROMISE_FILES,
    sections=(
        promises.CampaignSection(),
        promises.QuotaSection(),
        promises.PledgeSection(),
        promises.PartnerSection(),
        promises.CommitmentSection(),
        promises.PaymentSection(),
    ),
    checks=(check_promises,),
    followers=(*QUOTA_FOLLOWERS, *PROMISE_FOLLOWERS),
)
