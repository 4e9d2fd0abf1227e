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

__all__ = [
    "Link",
    "MoneyKind",
    "Obstacle",
    "Permit",
    "Progress",
    "Project",
    "ProjectKind",
    "ProjectMeasure",
    "ProjectMoney",
    "Task",
    "TaskLevel",
]
