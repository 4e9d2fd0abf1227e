"""Tasks that were started in a post continue in the post that takes its place."""

from collections.abc import Iterable, Sequence

from jiedao.kernel.packs.parts import PackPart
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession
from jiedao.orgs.actor import Actor
from jiedao.orgs.pack.unit_columns import choose_unit
from jiedao.tasks.models import UNFINISHED, Task


class TasksOfPosts(Follower):
    """Tasks in the background that have not ended. Those of a post of a split unit end with an explanation."""

    kind, what = "post", "tasks in the background"

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the tasks of the posts that follow; there is nothing to decide on the others."""
        by_id = {succession.old_id: succession for succession in successions}
        rows = Task.objects.filter(UNFINISHED, post_id__in=list(by_id)).order_by("pk")
        for pk, post_id in rows.values_list("pk", "post_id"):
            new_key = choose_unit(by_id[int(post_id or 0)])
            if new_key is not None:
                yield Following(pk, by_id[int(post_id or 0)], new_key)

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Write the new posts."""
        for following in followings:
            rows = Task.objects.filter(pk=following.object_id, post_id=following.succession.old_id)
            rows.update(post_id=lookup.id_of("post", str(following.new_key)))


PART = PackPart("tasks", followers=(TasksOfPosts(),))
