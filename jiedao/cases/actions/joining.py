"""Side moves: suspension, merging and splitting, supervision, corrections."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.access import get_case_by_number
from jiedao.cases.actions import assigning, clocks
from jiedao.cases.actions.fields import small_class
from jiedao.cases.actions.intake import NewCase, file_cases
from jiedao.cases.actions.wording import line
from jiedao.cases.answering import of_case, working_units
from jiedao.cases.deadlines import end_of_day
from jiedao.cases.flow import FINISHED, State
from jiedao.cases.models import Case, CaseMove, Reporter
from jiedao.cases.writer import write_search
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.notices.actions import notify_in_words
from jiedao.notices.models import Tone
from jiedao.orgs.people import holders_in_units, superiors
from jiedao.places.selectors import area_info

if TYPE_CHECKING:
    from jiedao.cases.actions.engine import Step

MAX_LINE = 200


def suspend(step: "Step") -> None:
    """Suspend with a review date: every clock stands still until it is resumed."""
    review = step.data["review_date"]
    today = step.now.astimezone(clock.TOWN_TZ).date()
    if not today < review <= today + timedelta(days=366):
        raise UserError(
            _("复核日期要在明天到一年之内。"), hint=_("到期未恢复的会提醒。"), field="review_date"
        )
    found = catalogue.reason("SUSPEND", step.data["reason"])
    step.note["reason"] = step.data["reason"]
    step.text = f"{found.text if found else ''}：{step.data['note']}"
    step.changes.update(
        previous_state=step.case.state, review_date=review, due_at=end_of_day(review), due_provisional=False
    )
    step.after.append(lambda: clocks.pause(step.case, step.now))
    _tell_units(step, Tone.INFO.value, _("已挂账"))


def resume(step: "Step") -> None:
    """Go on where it was suspended; the clocks run on with the time they had left."""
    step.to_state = step.case.previous_state or State.FILED.value
    step.changes.update(previous_state="", review_date=None, due_at=None)
    clocks.resume(step)
    _tell_next(step, _("恢复办理"))


def merge(step: "Step") -> None:
    """Merge into another case; undone by `unmerge`. The clocks stand still meanwhile."""
    case = step.case
    primary = get_case_by_number(step.actor, step.data["into"])
    if primary.pk == case.pk:
        raise UserError(_("不能并入自己。"), hint=_("请填写另一件案件的编号。"), field="into")
    if primary.state in {State.MERGED, State.VOIDED, State.REJECTED}:
        raise UserError(
            _("%(number)s 的状态是“%(state)s”，不能作为主案件。")
            % {"number": primary.number, "state": State(primary.state).label},
            hint=_("请填写仍在办理或已办结的案件。"),
            field="into",
        )
    if Case.objects.filter(merged_into=case).exists():
        raise UserError(_("已有别的案件并入本案。"), hint=_("请反过来，把另一件并入本案。"), field="into")
    step.changes.update(previous_state=case.state, merged_into_id=primary.pk, due_at=None)
    step.note["into"] = primary.number
    _answer_late(step, primary)
    step.after.append(lambda: clocks.pause(case, step.now))
    step.after.append(lambda: _mention(step, primary, "MERGED_HERE"))
    _tell_units(step, Tone.INFO.value, _("已并入 %(number)s") % {"number": primary.number})


def _answer_late(step: "Step", primary: Case) -> None:
    """Answer the reporter of a case that joins one that is closed: no other reply will come from there."""
    case, text = step.case, step.data.get("reply")
    if not case.has_reporter or primary.state not in FINISHED:
        if text:
            raise UserError(
                _("现在不用答复反映人。"),
                hint=_("没有反映人，或主案件还在办理：结案时一并答复。"),
                field="reply",
            )
        return
    last = primary.moves.filter(public=True, move__in=["REPLY", "CLOSE"]).order_by("-id").first()
    text = text or (last.text if last is not None else "")
    if not text:
        raise UserError(
            _("%(number)s 已经结案，而反映人还没有得到答复。") % {"number": primary.number},
            hint=_("请填写答复，或先重新办理主案件。"),
            field="reply",
        )
    step.note.update({"note": step.text} if step.text else {})
    step.text, step.public = text, True
    step.changes["replied_at"] = step.now


def _mention(step: "Step", other: Case, kind: str) -> None:
    CaseMove.objects.create(
        case=other, move=kind, at=step.now, from_state=other.state, to_state=other.state, text=step.text,
        actor_label=step.actor.label, user_id=step.actor.user_id, unit_id=step.actor.unit_id,
        data={"from": step.case.number},
    )  # fmt: skip
    tell = {"MERGED_HERE": _("又有反映并入"), "UNMERGED_HERE": _("并入的案件已撤出")}[kind]
    people = [pk for pk in of_case(other, other.state)[0] if pk != step.actor.user_id]
    notify_in_words(
        user_ids=people,
        object_type="cases.case",
        object_id=other.pk,
        object_name=f"{other.number} {other.subject}",
        key=f"case:{step.case.pk}:{step.case.version}:{kind}",
        text=line(tell, other),
        tone=Tone.INFO.value,
    )


def unmerge(step: "Step") -> None:
    """Undo a merge: the case goes on where it was."""
    primary = step.case.merged_into
    step.to_state = step.case.previous_state or State.REPORTED.value
    step.changes.update(previous_state="", merged_into_id=None)
    clocks.resume(step)
    if primary is not None:
        step.after.append(lambda: _mention(step, primary, "UNMERGED_HERE"))
    _tell_next(step, _("已撤销并案，请继续办理"))


def split(step: "Step") -> None:
    """File each further matter as a case of its own, linked to this one: its reporter waits for each answer."""
    case = step.case
    news = [
        NewCase(
            channel=case.channel, subject=part[:200], detail=f"{part}\n\n({_('由 %(n)s 拆分') % {'n': case.number}})",
            place_text=case.place_text, lon=case.lon, lat=case.lat, area_id=case.area_id,
            premise_id=case.premise_id, urgent=case.urgent,
        )
        for part in step.data["parts"]
    ]  # fmt: skip
    if not news:
        raise UserError(_("没有写出要另立的事项。"), hint=_("每行写一件。"), field="parts")

    def file_parts() -> None:
        filed = file_cases(news, actor=step.actor)
        parts = Case.objects.filter(pk__in=[row.id for row in filed])
        parts.update(split_from=case, has_reporter=case.has_reporter, reporter_key=case.reporter_key)
        known = Reporter.objects.filter(case=case).values().first()
        if known is not None:
            Reporter.objects.bulk_create([Reporter(**{**known, "case_id": row.id}) for row in filed])
        last = CaseMove.objects.filter(case=case, move="SPLIT").order_by("-id").first()
        if last is not None:
            last.data = {"into": [row.number for row in filed]}
            last.save(update_fields=["data"])

    step.after.append(file_parts)


def _tell_units(step: "Step", tone: str, word: str) -> None:
    """Tell the units that have the case in hand."""
    told = holders_in_units(working_units(step.case), "cases.case:handle")
    step.tell.append((told, tone, line(word, step.case, step.text)))


def _tell_next(step: "Step", word: str) -> None:
    """Tell those whose turn it is after the move."""
    told, _posts = of_case(step.case, step.to_state)
    step.tell.append((told, Tone.WARN.value, line(word, step.case, step.text)))


def _press(step: "Step", tone: str, word: str, rungs: int = 0) -> None:
    """Tell those whose turn it is, and the posts so many rungs above theirs."""
    people, posts = of_case(step.case, step.case.previous_state or step.case.state)
    above = superiors(posts, rungs) if rungs else []
    step.tell.append((people + above, tone, line(word, step.case, step.text)))


def supervise(step: "Step") -> None:
    """Put the case under supervision 督办: those whose turn it is hear of it, and their leaders."""
    step.changes["supervised"] = True
    _press(step, Tone.ALARM.value, _("督办"), rungs=1)


def remind(step: "Step") -> None:
    """Remind those whose turn it is 催办; counted."""
    step.changes["reminders"] = step.case.reminders + 1
    _press(step, Tone.WARN.value, _("催办"))


def void(step: "Step") -> None:
    """Void a case that should not exist, with the reason; refused while others stand on it."""
    merged = Case.objects.filter(merged_into=step.case).order_by("id").values_list("number", flat=True)
    if merged:
        raise UserError(
            _("还有案件并入本案：%(numbers)s。") % {"numbers": "、".join(merged[:5])},
            hint=_("请先撤销并案，让它们各自办理，再作废本案。"),
        )
    found = catalogue.reason("VOID", step.data["reason"])
    step.note["reason"] = step.data["reason"]
    step.text = f"{found.text if found else ''}：{step.data['note']}"
    step.changes.update(ended_at=step.now, due_at=None, review_date=None)
    step.after.append(lambda: assigning.end_lead(step, "WITHDRAWN"))
    _tell_units(step, Tone.WARN.value, _("已作废"))


def _one_line(name: str, text: str) -> str:
    if len(text) > MAX_LINE:
        raise UserError(
            _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": MAX_LINE},
            hint=_("请保留要点，其余写在备注里。"),
            field=name,
        )
    return " ".join(text.split())


def correct(step: "Step") -> None:
    """Correct what was written down; the audit keeps what it was."""
    data = step.data
    for name in ("subject", "place_text"):
        if data.get(name):
            step.changes[name] = _one_line(name, data[name])
    if data.get("category"):
        step.changes["category_id"] = small_class(data["category"]).id
    area = area_info(data.get("area"))
    if area is not None:
        step.changes.update(area_id=area.id, area_path=area.path, outside=False)
    if not step.changes:
        raise UserError(_("没有要更正的内容。"), hint=_("请至少改一项。"), field="subject")
    step.note["changed"] = {
        name: [str(getattr(step.case, name)), str(value)] for name, value in step.changes.items()
    }
    words = {
        name: step.changes.get(name, getattr(step.case, name)) for name in ("subject", "place_text", "detail")
    }
    step.after.append(lambda: rewrite_search(step.case.pk, " ".join(words.values())))


def rewrite_search(case_id: int, text: str) -> None:
    """Write the search row of a case again after its words were corrected."""
    key = "case_id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM cases_searchrow WHERE {key} = %s", [case_id])  # noqa: S608 (two fixed names)
    write_search([(case_id, text)])


def comment(step: "Step") -> None:
    """Leave a note for colleagues; nothing else changes."""
