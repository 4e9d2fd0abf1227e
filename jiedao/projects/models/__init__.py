"""Every table of the room."""

from jiedao.projects.models.projects import (
    Link,
    MoneyKind,
    Obstacle,
    Permit,
    Progress,
    Project,
    ProjectKind,
    ProjectMeasure,
    ProjectMoney,
    Task,
    TaskLevel,
)
from jiedao.projects.models.promises import (
    Campaign,
    CampaignEntry,
    Commitment,
    Partner,
    Payment,
    Pledge,
    PledgeMove,
    Quota,
    Supervision,
)

__all__ = [
    "Campaign",
    "CampaignEntry",
    "Commitment",
    "Link",
    "MoneyKind",
    "Obstacle",
    "Partner",
    "Payment",
    "Permit",
    "Pledge",
    "PledgeMove",
    "Progress",
    "Project",
    "ProjectKind",
    "ProjectMeasure",
    "ProjectMoney",
    "Quota",
    "Supervision",
    "Task",
    "TaskLevel",
]
