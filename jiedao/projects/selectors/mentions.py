"""Responsibility items and obstacles whose texts name a retired area or unit by its code."""

from jiedao.orgs.actor import Actor
from jiedao.orgs.retired_codes import (
    CodeMention,
    build_text_filter,
    find_retired_codes,
    list_retired_codes,
)
from jiedao.projects.actions.reporting import EDIT as EDIT_PROJECT
from jiedao.projects.models import Obstacle, Pledge, Project
from jiedao.projects.models.promises import UNDECIDED
from jiedao.projects.promise_access import EDIT as EDIT_PROMISE

RIGHTS = (EDIT_PROMISE, EDIT_PROJECT)


def list_code_mentions(actor: Actor) -> list[CodeMention]:
    """Return what the actor may mend; no query while nothing is retired."""
    codes = list_retired_codes()
    if not codes:
        return []
    mentions: list[CodeMention] = []
    if actor.can(EDIT_PROMISE):
        pledges = Pledge.objects.visible_to(actor).filter(state__in=UNDECIDED)
        for pledge in pledges.filter(build_text_filter("text", codes)):
            named = find_retired_codes(pledge.text, codes)
            mentions += [CodeMention("pledge", str(pledge.pk), str(pledge), named)] if named else []
    if actor.can(EDIT_PROJECT):
        obstacles = Obstacle.objects.open().filter(project__in=Project.objects.visible_to(actor).values("pk"))
        for obstacle in obstacles.filter(build_text_filter("text", codes)).select_related("project"):
            named = find_retired_codes(obstacle.text, codes)
            mentions += [CodeMention("obstacle", obstacle.project.key, obstacle.text, named)] if named else []
    return mentions
