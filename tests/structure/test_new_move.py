"""A new move needs one row only, from which every rule and every face reads it."""

from collections.abc import Iterator

import pytest
from django.test import Client

from jiedao.audit.models import Entry
from jiedao.cases.flow import Stage, State, states
from jiedao.cases.models import Case, Clock, ReasonKind
from jiedao.cases.moves.fields import EXPLANATION, FieldKind, MoveField
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.step import Move, Party, Step
from jiedao.cases.moves.table import FLOW
from jiedao.cases.moves.wording import format_reason
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.notices import kinds
from jiedao.notices.kinds import NoticeKind, register_notice_kinds
from jiedao.notices.models import Notice
from jiedao.orgs.people import find_holders
from jiedao.testing.cast import Town, make_town, walk

pytestmark = pytest.mark.django_db


HANDED_UP = NoticeKind("cases.case:handed_up", "已上交")


def hand_up(step: Step) -> None:
    """Hand the case up to the district; the effect uses each of the three ways in which a step can queue effects."""
    step.text = format_reason(step)
    step.changes["urgent"] = True
    step.after.append(lambda: Clock.objects.filter(case=step.case, stage="HANDLE").update(escalated=1))
    step.notify(find_holders("cases.case:close", step.area_path), HANDED_UP)


HAND_UP = Move(
    code="HAND_UP",
    label="上交区级",
    sources=states(State.HANDLING),
    target=State.CHECKED,
    permission="cases.case:handle",
    party=Party.LEAD,
    fields=(MoveField("reason", FieldKind.REASON, "原因"), EXPLANATION),
    stops=(Stage.HANDLE,),
    starts=Stage.FINISH,
    reason_kind=ReasonKind.RETURN,
    handles=True,
    icon="send",
    entry_tone="hold",
    aside=True,
    possible=lambda case: not case.urgent,
    effect=hand_up,
)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(kinds, "_KINDS", dict(kinds._KINDS))
    register_notice_kinds(HANDED_UP)
    FLOW.moves[HAND_UP.code] = HAND_UP
    yield
    del FLOW.moves[HAND_UP.code]


@pytest.fixture
def town() -> Town:
    return make_town()


def sign_in(town: Town, username: str) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(town.users[username], backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_new_move_is_performed_as_its_row_states(town: Town) -> None:
    case = walk(town, to="HANDLING")
    with pytest.raises(NotAllowed):
        perform(town.actor("supervisor"), case.pk, "HAND_UP", data={"reason": "NOT_OURS", "note": "太大"})
    with pytest.raises(UserError, match="原因"):
        perform(town.actor("handler"), case.pk, "HAND_UP", data={"reason": "COURT", "note": "太大"})
    case = perform(town.actor("handler"), case.pk, "HAND_UP", data={"reason": "NOT_OURS", "note": "太大"})
    assert (case.state, case.urgent, case.stage) == ("CHECKED", True, "FINISH")
    entry = case.moves.get(move="HAND_UP")
    assert (entry.text, entry.data) == ("不属于本单位职责", {"reason": "NOT_OURS"})
    stopped = Clock.objects.get(case=case, stage="HANDLE")
    assert (stopped.stopped_at is not None, stopped.escalated) == (True, 1)
    assert Entry.objects.filter(action="cases.case:hand_up", object_id=case.pk).exists()
    assert Notice.objects.get(kind=HANDED_UP.code).user == town.users["shift"]


def test_a_new_move_that_handles_bars_its_maker_from_checking(town: Town) -> None:
    case = walk(town, to="HANDLING")
    post = town.posts["handler"]
    post.permissions = [*post.permissions, "cases.case:check"]
    post.save()
    perform(town.actor("handler"), case.pk, "HAND_UP", data={"reason": "NOT_OURS", "note": "太大"})
    # So that only the timeline states who handled the case.
    Case.objects.filter(pk=case.pk).update(handler=None)
    with pytest.raises(NotAllowed, match="不能自己核查"):
        perform(town.actor("handler"), case.pk, "REWORK", data={"note": "再看"})


def test_a_new_move_has_its_button_form_and_timeline_entry_on_the_page(town: Town) -> None:
    case = walk(town, to="HANDLING")
    client = sign_in(town, "handler")
    page = client.get(f"/desk/cases/{case.number}/")
    assert HAND_UP in page.context["buttons"].aside
    assert "上交区级" in page.content.decode()
    form = client.get(f"/desk/cases/{case.number}/?move=HAND_UP").context["form"]
    assert [value for value, _label in form.fields["reason"].choices] == ["", "NOT_OURS", "NO_PLACE"]
    sent = {"version": case.version, "reason": "NO_PLACE", "note": "太大"}
    assert client.post(f"/desk/cases/{case.number}/moves/HAND_UP/", sent).status_code == 302
    newest = client.get(f"/desk/cases/{case.number}/").context["entries"][0]
    assert (newest.title, newest.icon, newest.tone) == ("上交区级", "send", "hold")


def test_a_new_move_that_is_not_possible_has_no_button(town: Town) -> None:
    case = walk(town, to="HANDLING", urgent=True)
    page = sign_in(town, "handler").get(f"/desk/cases/{case.number}/")
    assert HAND_UP not in page.context["buttons"].aside
