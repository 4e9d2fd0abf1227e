"""The town of these tests, with people who may work on projects."""

import pytest

from jiedao.kernel.memo import forget_all
from jiedao.projects.models import ProjectKind, ProjectMeasure
from jiedao.testing.cast import Town, make_town


@pytest.fixture
def projects_town(db: None) -> Town:
    """The cast: handler (URBAN), grid1 (G1), grid3 (G3) and shift (the town) edit projects; leader views them."""
    town = make_town()
    for username in ("leader", "handler", "grid1", "grid3", "shift"):
        post, verbs = town.posts[username], ["view"] if username == "leader" else ["view", "edit"]
        post.permissions = [*post.permissions, *(f"projects.project:{verb}" for verb in verbs)]
        post.save()
    ProjectKind.objects.create(code="park", name="公园", name_en="Parks")
    ProjectKind.objects.create(code="parking", name="停车场", name_en="Parking")
    ProjectMeasure.objects.create(code="spaces", name="停车位", name_en="Parking spaces", unit="个")
    ProjectMeasure.objects.create(code="land", name="用地面积", name_en="Land", unit="平方米", position=1)
    forget_all()
    return town
