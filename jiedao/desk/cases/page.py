"""The content of a case's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import dateformat
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.actions.callers import LOOK_UP_RIGHT
from jiedao.cases.answering import Turn, list_turns
from jiedao.cases.flow import BEFORE_HANDLED, FINISHED, WITH_UNIT, State, get_state_label, get_state_tone
from jiedao.cases.models import PUBLIC_CHANNELS, Assignment, Case, CaseMove, Role
from jiedao.cases.moves.allowed import Involvement, list_allowed_moves
from jiedao.cases.moves.step import Move
from jiedao.cases.questions.correcting import ANSWER_QUESTIONS
from jiedao.cases.selectors.detail import CaseDetail, MergedReport, read_case_detail
from jiedao.cases.selectors.duplicates import find_duplicates_of_case
from jiedao.desk.cases.calls import list_calls
from jiedao.desk.cases.facts import (
    build_ways,
    format_time,
    group_photos,
    link_origin,
    list_facts,
    list_source_facts,
)
from jiedao.desk.cases.handling import (
    build_steps,
    describe_assignment,
    describe_demand,
    list_clocks,
    read_judged_times,
)
from jiedao.desk.cases.mending import build_place_mending
from jiedao.desk.cases.move_form import MoveForm
from jiedao.desk.cases.orders import build_orders
from jiedao.desk.cases.outcome import build_outcome, read_previous_outcome
from jiedao.desk.cases.timeline import TimelineEntry, build_timeline
from jiedao.desk.links import get_contest_url
from jiedao.desk.phrases import attach_phrases
from jiedao.evaluation.access import find_appeal_due_date
from jiedao.evaluation.counted import find_contestable_scores
from jiedao.evaluation.models import Score
from jiedao.files.models import Kind
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock
from jiedao.kernel.addresses import make_address
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.maps import build_case_map
from jiedao.pages.uploads import build_upload_form

FORWARD_TONES = {"primary", "good"}
# What the next step judges or answers, by the state of the case: the moves whose texts are shown above its form.
JUDGED_MOVES: dict[str, tuple[str, ...]] = {
    State.REPORTED: ("UNTRUE",),
    State.FILED: ("VERIFY", "RETURN"),
    State.DISPATCHED: ("REWORK", "VISIT", "REOPEN"),
    State.HANDLING: ("REWORK", "VISIT", "REOPEN"),
    State.HANDLED: ("HANDLE", "HELPED"),
    State.CHECKED: ("HANDLE", "HELPED", "CHECK_PASS"),
    State.TO_CONFIRM: ("HANDLE", "CLOSE", "VISIT"),
}


@dataclass(frozen=True)
class Buttons:
    """The moves that the user may make now: the way forward, other steps of the process, and rarer moves.

    `quick` is a step that needs no form because the way forward includes it: a button beside the form makes it.
    """

    first: Move | None
    more: list[Move]
    aside: list[Move]
    quick: Move | None = None

    def __bool__(self) -> bool:
        return self.first is not None or bool(self.more) or bool(self.aside)


def arrange_buttons(moves: list[Move]) -> Buttons:
    """Arrange the moves by how likely they are the next step.

    Only a step forward is the first button, the one in the primary colour. Where there is none, a step back such as
    返工 after passing is among the rarer moves: the page must not invite to undo what was just done.
    """
    by_code = {move.code: move for move in moves}
    quick = by_code.get("TAKE") if "HANDLE" in by_code else None
    main = [move for move in moves if not move.aside and move is not quick]
    first = next((move for move in main if move.tone in FORWARD_TONES), None)
    back = [] if first is not None else [move for move in main if move.tone == "danger"]
    more = [move for move in main if move is not first and move not in back]
    return Buttons(first, more, back + [move for move in moves if move.aside], quick)


def build_context(
    actor: Actor,
    case: Case,
    *,
    move: str = "",
    form: MoveForm | None = None,
    prefilled: Any = None,
    typed: QueryDict | None = None,
    queue: str = "",
    done: str = "",
    done_on: str = "",
    alike: bool = False,
) -> dict[str, Any]:
    """Return the template context of the page.

    Args:
        move: The code of the move whose form is open; "" opens that of the way forward.
        form: The form as it was sent, if the move was refused.
        prefilled: The parameters of the address, some of which fill fields of the form.
        typed: What the user has typed into the form and not sent yet.
        queue: The query of the list that the user came from.
        done: The code of the move that the user has just made.
        done_on: The number of the case on which they made it, if it was another one.
        alike: Whether the user asks for likely duplicates where the page would fetch them later.
    """
    detail = read_case_detail(actor, case)
    moves = list_allowed_moves(actor, case, Involvement(helping=detail.helping))
    buttons = arrange_buttons(moves)
    mending = build_place_mending(actor, case)
    chosen_move = next((row for row in moves if row.code == move), None) if move else buttons.first
    if form is None and chosen_move is not None:
        form = MoveForm(chosen_move, detail)
        form.initial.update(_read_prefilled_values(form, prefilled or {}), queue=queue)
        if mending is not None and mending.only_place is not None and chosen_move.code == "ACCEPT":
            form.initial.setdefault(mending.only_place.field, mending.only_place.value)
        form.show_typed(typed)
    if form is not None:
        attach_phrases(actor, form, form.move.code)
    files = list_attachments("cases.case", case.pk)
    return {
        "now": clock.now(),
        "page_url": make_address("desk:case", case.number),
        "case": case,
        "detail": detail,
        "buttons": buttons,
        "chosen": chosen_move,
        "opened": bool(move),
        "queue_query": f"&{urlencode({'queue': queue})}" if queue else "",
        "outcome": build_outcome(actor, case, detail.moves, done, queue) if not done_on else None,
        "previous": read_previous_outcome(actor, done_on, done),
        "turns": [_describe_turn(turn) for turn in list_turns(case, _list_working_units(detail))],
        "unfinished_helpers": _name_unfinished_helpers(detail, chosen_move),
        "refused": bool(move) and chosen_move is None and form is None,
        "form": form,
        "lost": form.list_typed_texts() if form is not None and chosen_move is None else [],
        "draft_key": f"case-{case.pk}-{chosen_move.code}" if chosen_move is not None else "",
        "state_tone": get_state_tone(case.state, case.visit_outcome),
        "state_label": get_state_label(case.state, case.visit_outcome),
        "may_look_up": actor.can(LOOK_UP_RIGHT),
        "may_report": actor.can("cases.case:report"),
        "contests": [_describe_contest(case, score) for score in find_contestable_scores(actor, case)],
        "judged": list_judged_entries(case, detail.moves) if buttons.first is not None else [],
        "photos": group_photos(files),
        "documents": [row for row in files if row.kind == Kind.DOCUMENT],
        "map": build_case_map(case),
        "ways": build_ways(case),
        "mending": mending,
        "mend_url": make_address("desk:move", case.number, "CORRECT"),
        "suggestions": list_suggestions(case, {row.code for row in moves}),
        "words": _list_suggested_words(case),
        **_describe_handling(actor, detail),
        **build_orders(actor, case),
        **_find_duplicates(actor, case, alike=alike),
        "may_merge": any(row.code == "MERGE" for row in moves),
        "may_reveal": actor.can("cases.case:reveal"),
        "may_answer": any(row.code == ANSWER_QUESTIONS for row in moves),
        "has_personal_answers": any(row.question.personal and not row.erased for row in detail.answers),
        **build_upload_form(
            make_address("desk:upload", case.number) if actor.can("cases.case:comment") else "",
            *((kind.value, kind.label) for kind in Kind if kind != Kind.DOCUMENT),
        ),
    }


def _describe_handling(actor: Actor, detail: CaseDetail) -> dict[str, Any]:
    """Return what was reported and what has been done since, which the work order shows as well."""
    case = detail.case
    judged = read_judged_times(detail.moves)
    origin = link_origin(actor, case) if case.channel not in PUBLIC_CHANNELS else None
    return {
        "facts": list_facts(case, origin) + list_source_facts(case, detail.source),
        "steps": build_steps(case, detail.moves),
        "clocks": list_clocks(detail),
        "parts": [describe_assignment(row, judged) for row in _order_parts(detail)],
        "merged": [_describe_merged(row) for row in detail.merged],
        "demands": [describe_demand(row) for row in detail.demands][::-1],
        "calls": list_calls(detail.visits),
        "entries": build_timeline(detail.moves),
    }


def _name_unfinished_helpers(detail: CaseDetail, move: Move | None) -> str:
    """Return the helpers on which the move waits, see `refuse_while_helping`; "" where it does not."""
    if move is None or move.code != "HANDLE":
        return ""
    return "、".join(unit.label for pk in detail.helping if (unit := unit_info(pk)) is not None)


def _order_parts(detail: CaseDetail) -> list[Assignment]:
    """Return the parts of units, the newest first; of those that are open, and of those that ended, the lead first."""
    newest_first = detail.assignments[::-1]
    return sorted(newest_first, key=lambda row: (row.ended_at is not None, row.role != Role.LEAD))


def _list_suggested_words(case: Case) -> list[str]:
    """Return the words that the suggested categories are based on, which the page marks in the text."""
    if case.category_id is not None:
        return []
    return [word for row in case.suggestions or [] for word in row.get("words", [])]


def _describe_contest(case: Case, score: Score) -> dict[str, Any]:
    return {
        "sheet": score.sheet_version.sheet.label,
        "period": score.period.label,
        "due": find_appeal_due_date(score),
        "url": get_contest_url(score.pk, str(case.number)),
    }


def _find_duplicates(actor: Actor, case: Case, *, alike: bool) -> dict[str, Any]:
    """Return the likely duplicates of a case; for one that is with its unit only if asked.

    Whoever accepts or dispatches a case needs them first. Later they are rarely needed, and to find them takes as long
    as a third of the page: a script fetches them when the user scrolls there, and a link does without a script.
    """
    later = case.state in WITH_UNIT and not alike
    wanted = case.state in BEFORE_HANDLED and not later
    return {
        "duplicates": find_duplicates_of_case(actor, case) if wanted else [],
        "duplicates_later": later,
        "duplicates_asked": wanted and alike,
    }


def _read_prefilled_values(form: MoveForm, prefilled: Any) -> dict[str, str]:
    return {
        name: str(prefilled[name])[:40]
        for name in ("category", "into", "unit")
        if name in form.fields and prefilled.get(name)
    }


def list_judged_entries(case: Case, moves: Sequence[CaseMove]) -> list[TimelineEntry]:
    """Return what the user judges in the next step, such as the result to be checked, in the order of time."""
    codes = JUDGED_MOVES.get(case.state, ())
    newest = {(move.move, move.unit_id): move for move in moves if move.move in codes}
    handled_at = max((row.at for row in newest.values() if row.move == "HANDLE"), default=None)
    current = [
        row for row in newest.values() if handled_at is None or row.move == "HELPED" or row.at >= handled_at
    ]
    entries = build_timeline(sorted(current, key=lambda row: row.pk))[::-1]
    return [entry for entry in entries if entry.text or entry.note]


def _list_working_units(detail: CaseDetail) -> list[int]:
    """Return the units that work on the case now, the lead first."""
    open_parts = [row for row in detail.assignments if row.ended_at is None]
    return [row.unit_id for row in sorted(open_parts, key=lambda row: row.role != "LEAD")]


def _describe_turn(turn: Turn) -> dict[str, Any]:
    return {
        "unit": turn.unit.label,
        "posts": "、".join(turn.posts),
        "phone": turn.unit.duty_phone,
        "staffed": turn.is_staffed,
        "remote": turn.is_remote,
        "deputies": _describe_deputies(turn),
        "helps": turn.helps,
    }


def _describe_deputies(turn: Turn) -> str:
    """Return who acts for whom in the posts, and until which day; "" where nobody does."""
    names = [
        _("%(person)s 由 %(deputy)s 代班至 %(day)s")
        % {"person": row.person, "deputy": row.name, "day": dateformat.format(row.until, _("n月j日"))}
        for row in turn.deputies
    ]
    return _("（%(names)s）") % {"names": _("；").join(names)} if names else ""


def _describe_merged(report: MergedReport) -> dict[str, Any]:
    photos = [
        {"url": make_address("desk:attachment", row.pk), "label": format_time(row.at)}
        for row in report.photos
    ]
    return {
        "number": report.number,
        "url": make_address("desk:case", report.number) if report.may_open else "",
        "words": report.words,
        "channel": report.channel,
        "place": report.place_text,
        "at": report.reported_at,
        "photos": photos,
    }


def list_suggestions(case: Case, codes: set[str]) -> list[dict[str, Any]]:
    """Return the suggested categories of a case without a category, each with the words that it is based on.

    `url` opens the form that accepts the case with this category, "" if the user may not accept it.
    """
    if case.category_id is not None or case.state in FINISHED:
        return []
    case_url = make_address("desk:case", case.number)
    rows = []
    for serial, row in enumerate(case.suggestions or [], start=1):
        category = catalogue.category_info(row.get("category"))
        may_accept = category is not None and "ACCEPT" in codes
        duty = catalogue.find_duty(category.id, case.area_path) if category is not None else None
        lead = unit_info(duty.lead_unit_id) if duty is not None else None
        rows.append(
            {
                "label": category.label if category is not None else row.get("label", ""),
                "unit": lead.label if lead is not None else "",
                "percent": round(float(row.get("confidence", 0)) * 100),
                "words": row.get("words", []),
                "url": f"{case_url}?move=ACCEPT&category={category.id}#move"
                if may_accept and category is not None
                else "",
                "key": str(serial),
            }
        )
    return rows
