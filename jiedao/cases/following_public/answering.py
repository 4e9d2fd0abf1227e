"""The actions of a follower: add information, and rate the reply, which is the return visit of the case."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import FINISHED, State
from jiedao.cases.following_public.doubting import describe_doubts, find_doubts
from jiedao.cases.following_public.reporting import add_public_comment, make_public_actor
from jiedao.cases.models import Case, Follower, FollowRole, ReasonKind
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.visiting import REACHED, is_satisfied
from jiedao.kernel.errors import NotAllowed, Stale, UserError

MAX_INFORMATION = 2000
MAX_PHOTOS = 9


@dataclass(frozen=True)
class Rating:
    """What a reporter thinks of the result: 1 to 5, and why where they are not satisfied."""

    solved: bool
    satisfaction: int
    cause: str = ""
    note: str = ""


def check_information(follower: Follower, text: str, photos: int = 0) -> Case:
    """Return the case to which the follower may add these words and this number of photos, before they are stored.

    Raise UserError for no words, too many words or too many photos, Stale for a case that has ended.
    """
    text = text.strip()
    if not text and not photos:
        raise UserError(_("没有写补充的内容。"), hint=_("请写几个字，或者加一张照片。"), field="text")
    if len(text) > MAX_INFORMATION:
        raise UserError(
            _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": MAX_INFORMATION},
            hint=_("请保留要点。"),
            field="text",
        )
    if photos > MAX_PHOTOS:
        raise UserError(
            _("照片有 %(n)d 张，一次最多 %(most)d 张，这次都没有收。") % {"n": photos, "most": MAX_PHOTOS},
            hint=_("请少选几张，其余的下次再补充。"),
            field="photos",
        )
    case = _get_case_in_work(follower)
    if case.state in FINISHED:
        raise Stale(
            _("这件事已经办结，不能再补充。"), hint=_("没有解决的，请评价或者另行反映。"), field="text"
        )
    return case


@transaction.atomic
def add_information(follower: Follower, text: str, photos: Sequence[int] = ()) -> None:
    """Add information from the follower to the case, for the people who work on it.

    Raise what `check_information` raises.
    """
    case = check_information(follower, text, len(photos))
    text = text.strip() or _("补充了照片")
    doubts = describe_doubts(find_doubts(text, address=""))
    add_public_comment(case.pk, "\n".join(filter(None, [doubts, text])), photos, follower=follower)


def _get_case_in_work(follower: Follower) -> Case:
    own = Case.objects.get(pk=follower.case_id)
    if own.state == State.MERGED and own.merged_into_id is not None:
        return Case.objects.get(pk=own.merged_into_id)
    return own


def rate_case(follower: Follower, rating: Rating) -> Case:
    """Record the reporter's rating as the return visit and return the case.

    One who is not satisfied states a cause, and the case is handled again by the rules of the return visit. Raise
    UserError without a cause, NotAllowed for a follower who did not report, Stale where the visit was made meanwhile
    or the days of rating are over.
    """
    if follower.role != FollowRole.REPORTER:
        raise NotAllowed(_("只有反映人可以评价。"), hint=_("您关注的是别人反映的事。"))
    is_content = is_satisfied(rating.solved, rating.satisfaction)
    if not is_content and not rating.cause:
        raise UserError(_("请选择不满意的原因。"), hint=_("选了原因，我们就重新办理。"), field="cause")
    data = {
        "reached": REACHED,
        "solved": "yes" if rating.solved else "no",
        "satisfaction": str(rating.satisfaction),
        "note": rating.note.strip()[:MAX_INFORMATION],
        "cause": "" if is_content else rating.cause,
    }
    return perform(make_public_actor(), follower.case_id, "VISIT", data=data)


def list_causes() -> list[tuple[str, str]]:
    """Return the causes of the pack for which an unsatisfied reporter has the case handled again."""
    return [(reason.code, str(reason)) for reason in catalogue.list_reasons(ReasonKind.CAUSE)]
