"""The form of a deputy and the list of absences, for the page of the user and that of the administration."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputizing import NewDeputy, list_candidates, list_own_holdings, may_end
from jiedao.orgs.models import AbsenceReason, Deputation, Holding
from jiedao.orgs.selectors import DeputationRow
from jiedao.pages.fields import DayField


class DeputyForm(forms.Form):
    """Who acts for the person, in which post, from which day to which, and why."""

    deputy = forms.TypedChoiceField(label=_("代班人"), coerce=int)
    holding = forms.TypedChoiceField(label=_("代哪个岗位"), coerce=int, required=False, empty_value=None)
    from_date = DayField(label=_("从哪天"))
    to_date = DayField(label=_("到哪天"), help_text=_("含当天；到期自动结束，也可以提前结束。"))
    reason = forms.ChoiceField(label=_("事由"), required=False)

    def __init__(self, actor: Actor, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        today = clock.today()
        holdings = list_own_holdings(person.pk, today, today)
        choices = _label_people(list_candidates(actor, person.pk, holdings))
        self.has_candidates = bool(choices)
        self.fields["deputy"].choices = [("", _t("请选择")), *choices]  # type: ignore[attr-defined]
        if len(holdings) > 1:
            posts = [(row.pk, f"{row.post.label} · {row.post.unit.label}") for row in holdings]
            self.fields["holding"].choices = [("", _t("全部岗位")), *posts]  # type: ignore[attr-defined]
        else:
            del self.fields["holding"]
        self.fields["reason"].choices = [("", _t("不写")), *AbsenceReason.choices]  # type: ignore[attr-defined]
        self.initial.setdefault("from_date", today)

    def read(self) -> NewDeputy:
        """Return what the valid form states."""
        values = dict(self.cleaned_data)
        return NewDeputy(
            person_id=self.person.pk,
            deputy_id=values.pop("deputy"),
            holding_id=values.pop("holding", None),
            **values,
        )


def _label_people(people: Sequence[User]) -> list[tuple[int, str]]:
    """Return a choice for each user, named with their first post; one statement."""
    rows = Holding.objects.on(clock.today()).own().filter(user__in=people).select_related("post__unit")
    posts: dict[int, str] = {}
    for row in rows.order_by("id"):
        posts.setdefault(row.user_id, f" · {row.post.label} · {row.post.unit.label}")
    return [(user.pk, user.full_name + posts.get(user.pk, "")) for user in people]


def build_absence_lines(
    actor: Actor, rows: Iterable[DeputationRow], below: Collection[int] = ()
) -> list[dict[str, Any]]:
    """Return the absences for the list, those that run or are to come first; the actor may end some of them.

    Args:
        below: the users below the actor's post.
    """
    today = clock.today()
    lines = [
        {
            "id": item.row.pk,
            "person": item.row.person.full_name,
            "deputy": item.row.deputy.full_name,
            "posts": "、".join(item.posts),
            "row": item.row,
            "over": item.row.is_over(today),
            "reason": item.row.get_reason_display() if item.row.reason else "",
            "may_end": not item.row.is_over(today) and may_end(actor, item.row, below),
            **_describe_state(item.row),
        }
        for item in rows
    ]
    return sorted(lines, key=lambda line: bool(line["over"]))


def _describe_state(row: Deputation) -> dict[str, Any]:
    today = clock.today()
    if row.ended_at is not None:
        return {"state": _t("已提前结束"), "tone": "neutral"}
    if row.to_date < today:
        return {"state": _t("已到期"), "tone": "neutral"}
    if row.from_date > today:
        return {"state": _t("还没开始"), "tone": "info"}
    return {"state": _t("代班中"), "tone": "good"}
