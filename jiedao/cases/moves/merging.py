"""Merging reports of one matter, and splitting one report of several matters."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.access import get_case_by_number
from jiedao.cases.actions.intake import NewCase, file_cases
from jiedao.cases.answering import find_responsible
from jiedao.cases.flow import BEFORE_HANDLED, FINISHED, WITHOUT_RESULT, State, states
from jiedao.cases.models import Case, CaseMove, Reporter, ReporterNumber
from jiedao.cases.moves.clocks import pause_clocks, resume_clocks
from jiedao.cases.moves.fields import EXPLANATION, NOTE, FieldKind, MoveField
from jiedao.cases.moves.following import notify_next, notify_units
from jiedao.cases.moves.step import Move, Step
from jiedao.cases.stored_counts.marking import mark_changes
from jiedao.kernel.errors import UserError
from jiedao.notices.kinds import NoticeKind
from jiedao.places.following import is_retired_place
from jiedao.places.selectors import area_info


def is_merged(case: Case) -> bool:
    """Return whether the case is merged into another one."""
    return case.merged_into_id is not None


def merge(step: Step) -> None:
    """Merge the case into another one, which `unmerge` undoes; its clocks pause meanwhile."""
    case = step.case
    primary = _find_primary(step)
    step.changes.update(previous_state=case.state, merged_into_id=primary.pk, due_at=None)
    step.facts["into"] = primary.number
    _answer_late_reporter(step, primary)
    pause_clocks(step)
    notify_units(step, notices.MERGED, number=primary.number)
    _mention_in_primary(step, primary, "MERGED_HERE", notices.MERGED_HERE)


def _find_primary(step: Step) -> Case:
    """Return the case to merge into; raise UserError where this case cannot be merged into it."""
    primary = get_case_by_number(step.actor, step.data["into"])
    if primary.pk == step.case.pk:
        raise UserError(_("不能并入自己。"), hint=_("请填写另一件案件的编号。"), field="into")
    if primary.state in WITHOUT_RESULT:
        raise UserError(
            _("%(number)s 的状态是“%(state)s”，不能作为主案件。")
            % {"number": primary.number, "state": State(primary.state).label},
            hint=_("请填写仍在办理或已办结的案件。"),
            field="into",
        )
    if Case.objects.filter(merged_into=step.case).exists():
        raise UserError(_("已有别的案件并入本案。"), hint=_("请反过来，把另一件并入本案。"), field="into")
    return primary


def _answer_late_reporter(step: Step, primary: Case) -> None:
    """Answer the reporter of a case that joins a closed one: that case sends no other reply."""
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
    step.facts.update({"note": step.text} if step.text else {})
    step.text, step.public = text, True
    step.changes["replied_at"] = step.now


def _mention_in_primary(step: Step, primary: Case, code: str, kind: NoticeKind) -> None:
    """Add an entry to the timeline of the primary case and notify those whose turn it is there."""
    step.after.append(
        lambda: CaseMove.objects.create(
            case=primary,
            move=code,
            at=step.now,
            from_state=primary.state,
            to_state=primary.state,
            text=step.text,
            actor_label=step.actor.label,
            user_id=step.actor.user_id,
            unit_id=step.actor.unit_id,
            data={"from": step.case.number},
        )
    )
    users, _posts = find_responsible(primary, primary.state)
    step.notify(users, kind, case=primary)


def unmerge(step: Step) -> None:
    """Undo a merge: the case continues where it was."""
    primary = step.case.merged_into
    step.to_state = step.case.previous_state or State.REPORTED.value
    step.changes.update(previous_state="", merged_into_id=None)
    resume_clocks(step)
    notify_next(step, notices.UNMERGED)
    if primary is not None:
        _mention_in_primary(step, primary, "UNMERGED_HERE", notices.UNMERGED_HERE)


def split(step: Step) -> None:
    """File each further matter as a case of its own, linked to this one: its reporter waits for each answer."""
    parts = [_make_part(step.case, part) for part in step.data["parts"]]
    if not parts:
        raise UserError(_("没有写出要另立的事项。"), hint=_("每行写一件。"), field="parts")
    step.actor.require("cases.case:report")
    step.after.append(lambda: _file_parts(step, parts))


def _make_part(case: Case, text: str) -> NewCase:
    return NewCase(
        channel=case.channel,
        subject=text[:200],
        detail=f"{text}\n\n({_('由 %(n)s 拆分') % {'n': case.number}})",
        place_text=case.place_text,
        lon=case.lon,
        lat=case.lat,
        area_id=case.area_id if area_info(case.area_id) is not None else None,
        premise_id=case.premise_id,
        urgent=case.urgent,
    )


def _file_parts(step: Step, parts: list[NewCase]) -> None:
    case = step.case
    filed = file_cases(parts, actor=step.actor)
    ids = [part.id for part in filed]
    with mark_changes(ids):
        Case.objects.filter(pk__in=ids).update(
            split_from=case, has_reporter=case.has_reporter, reporter_key=case.reporter_key
        )
        if is_retired_place(case.area_id):  # the parts wait for the same decision
            Case.objects.filter(pk__in=ids, area=None).update(area_id=case.area_id, area_path=case.area_path)
    reporter = Reporter.objects.filter(case=case).values().first()
    if reporter is not None:
        Reporter.objects.bulk_create([Reporter(**{**reporter, "case_id": part.id}) for part in filed])
        keys = list(ReporterNumber.objects.filter(case=case).values_list("key", flat=True))
        ReporterNumber.objects.bulk_create(
            [ReporterNumber(case_id=part.id, key=key) for part in filed for key in keys]
        )
    # The numbers are known only now, after the timeline entry of this move was written.
    entry = CaseMove.objects.filter(case=case, move="SPLIT").order_by("-id")[0]
    entry.data = {"into": [part.number for part in filed]}
    entry.save(update_fields=["data"])


MOVES = (
    Move(
        code="MERGE",
        label=gettext_lazy("并入另一案件"),
        sources=BEFORE_HANDLED,
        target=State.MERGED,
        permission="cases.case:merge",
        fields=(
            MoveField("into", FieldKind.CASE, gettext_lazy("主案件编号")),
            MoveField(
                "reply",
                FieldKind.TEXT,
                gettext_lazy("答复反映人"),
                depends=gettext_lazy("主案件已结案的，须有答复"),
                help=gettext_lazy("主案件已结案的，反映人由此得到答复；留空则用主案件的答复"),
            ),
            NOTE,
        ),
        icon="git-merge",
        key="u",
        aside=True,
        effect=merge,
    ),
    Move(
        code="UNMERGE",
        label=gettext_lazy("撤销并案"),
        sources=states(State.MERGED),
        target=None,
        permission="cases.case:merge",
        fields=(EXPLANATION,),
        icon="arrows-split",
        aside=True,
        possible=is_merged,
        effect=unmerge,
    ),
    Move(
        code="SPLIT",
        label=gettext_lazy("拆分"),
        sources=states(State.REPORTED, State.TO_VERIFY, State.FILED),
        target=None,
        permission="cases.case:split",
        fields=(
            MoveField("parts", FieldKind.LINES, gettext_lazy("另立的事项，每行一件")),
            NOTE,
        ),
        icon="arrows-split",
        aside=True,
        effect=split,
    ),
)
