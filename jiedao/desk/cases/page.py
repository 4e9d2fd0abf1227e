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
from jiedao.cases.flow import (
    BEFORE_HANDLED,
    FINISHED,
    OPEN,
    WITH_UNIT,
    Stage,
    State,
    get_state_label,
    get_state_tone,
)
from jiedao.cases.models import (
    PUBLIC_CHANNELS,
    Assignment,
    Case,
    CaseMove,
    CaseSource,
    Channel,
    Clock,
    Demand,
)
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.step import Move
from jiedao.cases.origins import find_origin
from jiedao.cases.selectors.detail import CaseDetail, MergedReport, read_case_detail
from jiedao.cases.selectors.duplicates import find_duplicates_of_case
from jiedao.cases.sources import compute_source_warning, is_stricter, name_source
from jiedao.desk.cases.calls import list_calls
from jiedao.desk.cases.mending import build_place_mending
from jiedao.desk.cases.move_form import MoveForm
from jiedao.desk.cases.next_matter import NextMatter, find_next_matter
from jiedao.desk.cases.timeline import TimelineEntry, build_timeline, get_move_label
from jiedao.desk.links import get_contest_url
from jiedao.desk.objects import ObjectLink, link_objects
from jiedao.desk.phrases import attach_phrases
from jiedao.evaluation.access import find_appeal_due_date
from jiedao.evaluation.counted import find_contestable_scores
from jiedao.evaluation.models import Score
from jiedao.files.models import Attachment, Kind
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock, words
from jiedao.kernel.addresses import make_address
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import translate_person_label
from jiedao.pages.maps import build_case_map
from jiedao.pages.uploads import build_upload_form
from jiedao.places.selectors import area_text

OUTCOME_TONES = {"DONE": "good", "RETURNED": "warn", "REDISPATCHED": "neutral", "WITHDRAWN": "neutral"}


FORWARD_TONES = {"primary", "good"}
# What an intake did, in the address of its outcome: it reported the matter, or the same form had reported it before.
REPORT, REPORTED_BEFORE = "REPORT", "REPORTED_BEFORE"
# What the next step judges or answers, by the state of the case: the moves whose texts are shown above its form.
JUDGED_MOVES: dict[str, tuple[str, ...]] = {
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


@dataclass(frozen=True)
class Outcome:
    """What the user has just done on the case, and what comes next."""

    title: str
    next: NextMatter | None
    reported: bool = False  # the way on is to report another matter


@dataclass(frozen=True)
class PreviousOutcome:
    """What the user has just done on another case, before the next matter opened by itself."""

    title: str
    number: str
    subject: str = ""
    url: str = ""
    state: str = ""


def read_previous_outcome(actor: Actor, number: str, done: str) -> PreviousOutcome | None:
    """Return what the user did on the case `number`; None unless they made that move.

    The case may have left their scope by it: they still learn that it was done, without subject and link.
    """
    if not number or "\x00" in number:
        return None
    made = CaseMove.objects.filter(case__number=number, move=done, user_id=actor.user_id)
    if actor.user_id is None or not made.exists():
        return None
    title = _("已完成：%(move)s") % {"move": get_move_label(done)}
    case = Case.objects.visible_to(actor).filter(number=number).first()
    if case is None:
        return PreviousOutcome(title, number)
    state = get_state_label(case.state, case.visit_outcome)
    return PreviousOutcome(title, number, case.subject, make_address("desk:case", number), str(state))


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
    moves = list_allowed_moves(actor, case, detail.helping)
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
    origin = link_origin(actor, case) if case.channel not in PUBLIC_CHANNELS else None
    may_merge = any(row.code == "MERGE" for row in moves)
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
        "refused": bool(move) and chosen_move is None and form is None,
        "form": form,
        "lost": form.list_typed_texts() if form is not None and chosen_move is None else [],
        "draft_key": f"case-{case.pk}-{chosen_move.code}" if chosen_move is not None else "",
        "state_tone": get_state_tone(case.state, case.visit_outcome),
        "state_label": get_state_label(case.state, case.visit_outcome),
        "calls": list_calls(detail.visits),
        "may_look_up": actor.can(LOOK_UP_RIGHT),
        "may_report": actor.can("cases.case:report"),
        "steps": build_steps(case, detail.moves),
        "facts": list_facts(case, origin) + list_source_facts(case, detail.source),
        "clocks": list_clocks(detail),
        "parts": [describe_assignment(row) for row in detail.assignments][::-1],
        "contests": [_describe_contest(case, score) for score in find_contestable_scores(actor, case)],
        "entries": build_timeline(detail.moves),
        "judged": list_judged_entries(case, detail.moves) if buttons.first is not None else [],
        "photos": group_photos(files),
        "merged": [_describe_merged(row) for row in detail.merged],
        "demands": [describe_demand(row) for row in detail.demands][::-1],
        "documents": [row for row in files if row.kind == Kind.DOCUMENT],
        "map": build_case_map(case),
        "ways": build_ways(case),
        "mending": mending,
        "mend_url": make_address("desk:move", case.number, "CORRECT"),
        "suggestions": list_suggestions(case, {row.code for row in moves}),
        "words": [word for row in case.suggestions or [] for word in row.get("words", [])]
        if case.category_id is None
        else [],
        **_find_duplicates(actor, case, alike=alike),
        "may_merge": may_merge,
        "may_reveal": actor.can("cases.case:reveal"),
        **build_upload_form(
            make_address("desk:upload", case.number) if actor.can("cases.case:comment") else "",
            *((kind.value, kind.label) for kind in Kind if kind != Kind.DOCUMENT),
        ),
    }


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


def build_outcome(
    actor: Actor, case: Case, moves: Sequence[CaseMove], done: str, queue: str
) -> Outcome | None:
    """Return what the user has just done; None unless the last entries of the timeline contain it."""
    code = REPORT if done == REPORTED_BEFORE else done
    made = next((row for row in moves[-4:] if row.move == code and row.user_id == actor.user_id), None)
    if made is None:
        return None
    if code == REPORT:
        return Outcome(_describe_report(case, done), None, reported=True)
    title = _("已完成：%(move)s") % {"move": get_move_label(done)}
    return Outcome(title, find_next_matter(actor, case, done, queue))


def _describe_report(case: Case, done: str) -> str:
    values = {"number": case.number}
    if done == REPORTED_BEFORE:
        return _("这件事刚才已经登记过了：%(number)s") % values
    if case.state == State.MERGED and case.merged_into is not None:
        return _("已登记：%(number)s，并入 %(into)s") % {**values, "into": case.merged_into.number}
    return _("已登记：%(number)s") % values


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


def build_steps(case: Case, moves: Sequence[CaseMove] = ()) -> list[dict[str, Any]]:
    """Return the steps of handling the case, each marked as done, current or still to do.

    Verifying on site is a step of the cases that were, are or will be verified.
    """
    verified_at = next((row.at for row in moves if row.move == "VERIFY"), None)
    rows: list[tuple[str, Any, frozenset[str]]] = [(_("受理"), case.accepted_at, frozenset({"REPORTED"}))]
    if verified_at is not None or _awaits_verification(case):
        rows.append((_("核实"), verified_at, frozenset({"TO_VERIFY"})))
    rows += [
        (_("派遣"), case.dispatched_at if case.lead_unit_id else None, frozenset({"FILED"})),
        (_("处置"), case.handled_at, frozenset({"DISPATCHED", "HANDLING"})),
        (_("核查"), case.checked_at, frozenset({"HANDLED"})),
        (_("结案"), case.closed_at, frozenset({"CHECKED"})),
    ]
    if case.has_reporter or case.state in {
        State.CLOSED,
        State.TO_CONFIRM,
    }:  # a closed case without a reporter is visited for the reporters of the cases merged into it
        rows.append((_("回访"), case.visited_at, frozenset({"CLOSED", "TO_CONFIRM"})))
    state = case.previous_state if case.state in {State.SUSPENDED, State.MERGED} else case.state
    steps = []
    for label, at, states in rows:
        mark = "now" if state in states else "done" if at is not None or state == State.DONE else "todo"
        steps.append(
            {"label": label, "state": mark, "note": f"{format_time(at)}" if at and mark == "done" else ""}
        )
    return steps


def _awaits_verification(case: Case) -> bool:
    if State.TO_VERIFY in {case.state, case.previous_state}:
        return True
    category = catalogue.category_info(case.category_id)
    is_public = case.channel in PUBLIC_CHANNELS
    return case.state == State.REPORTED and is_public and category is not None and category.verify_first


def format_time(at: Any) -> str:
    """Return day and time, with the year unless it is the current year."""
    return words.format_date_and_time(at, clock.now())


def link_origin(actor: Actor, case: Case) -> ObjectLink | None:
    """Return the page of the object that a case comes from, None if there is none or the user may not see it."""
    ref = find_origin(case)
    return link_objects(actor, [ref]).get(ref) if ref is not None else None


def list_facts(case: Case, origin: ObjectLink | None) -> list[dict[str, Any]]:
    """Return the facts of the side column; the origin of the case is a link."""
    category, unit = catalogue.category_info(case.category_id), unit_info(case.lead_unit_id)
    major = catalogue.find_major_category(category) if category is not None else None
    category_label = (
        f"{major.label} · {category.label}" if category and major and major.id != category.id else ""
    )
    rows = [
        (_("类别"), category_label or (category.label if category else _("还没有定"))),
        (_("主办单位"), unit.label if unit else _("还没有派遣")),
        (_("来源"), origin.heading if origin is not None else Channel(case.channel).label),
        (_("地点"), case.place_text),
        (
            _("所属网格"),
            area_text(case.area_path) if case.area_path else _("不在辖区") if case.outside else "",
        ),
        (_("坐标"), _format_point(case)),
        (_("附议"), _format_votes(case)),
    ]
    facts = [{"label": label, "value": value} for label, value in rows if value]
    if origin is not None:
        next(row for row in facts if row["value"] == origin.heading)["href"] = origin.url
    return facts


def _format_point(case: Case) -> str:
    if case.lon is None:
        return ""
    accuracy = _("，误差约 %(m)d 米") % {"m": case.accuracy_m} if case.accuracy_m else ""
    doubt = _("，请核对") if case.accuracy_m and case.accuracy_m > 50 else ""
    return f"{case.lon:.5f}, {case.lat:.5f}{accuracy}{doubt}"


def build_ways(case: Case) -> dict[str, str]:
    """Return the addresses that lead to the point of the case in a map, {} without a point.

    Nothing is sent anywhere before the user opens one: `geo` opens the map of the device, `amap` that of AutoNavi.
    """
    if case.lon is None or case.lat is None:
        return {}
    name = (case.place_text or case.subject)[:40]
    position = f"{case.lat:.6f},{case.lon:.6f}"
    query = {
        "position": f"{case.lon:.6f},{case.lat:.6f}",
        "name": name,
        "coordinate": "wgs84",
        "callnative": 1,
    }
    return {
        "geo": f"geo:{position}?{urlencode({'q': f'{position}({name})'}, safe=',()')}",
        "amap": f"https://uri.amap.com/marker?{urlencode(query, safe=',')}",
    }


def _format_votes(case: Case) -> str:
    if not case.votes_for and not case.votes_against:
        return ""
    return _("赞成 %(for)d，反对 %(against)d") % {"for": case.votes_for, "against": case.votes_against}


def list_clocks(detail: CaseDetail) -> list[dict[str, Any]]:
    """Return the clocks of the case in the order of the stages, those of one stage oldest first."""
    stages = list(Stage.values)
    rows = [row for row in detail.clocks if row.assignment_id is None]
    rows.sort(key=lambda row: (stages.index(row.stage), row.pk))
    clocks = [_describe_clock(row, detail.assignments) for row in rows]
    return [*_describe_source_limit(detail), *clocks]


def _describe_source_limit(detail: CaseDetail) -> list[dict[str, Any]]:
    """Describe the deadline of the office that sent the case, with a mark where it is stricter than ours."""
    source, case = detail.source, detail.case
    if source is None or source.due_at is None:
        return []
    return [
        {
            "label": name_source(case.channel),
            "stricter": case.state in OPEN and case.close_due_at is not None and is_stricter(source, case),
            "due_at": source.due_at,
            "warn_at": compute_source_warning(case.reported_at, source.due_at),
            "done_at": case.closed_at or case.ended_at,
            "given_up": "",
            "paused": False,
            "provisional": False,
        }
    ]


def list_source_facts(case: Case, source: CaseSource | None) -> list[dict[str, Any]]:
    """Return what the office that sent the case states of it, without empty facts."""
    if source is None:
        return []
    wishes = {True: _("要求"), False: _("不要求"), None: ""}
    rows = [
        (_("来件编号"), (case.source_key or "").partition(":")[2]),
        (_("诉求类型"), source.demand),
        (_("事发时间"), format_time(source.event_at) if source.event_at else ""),
        (_("回复反映人"), wishes[source.wants_reply]),
        (_("回访反映人"), wishes[source.wants_visit]),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def _describe_clock(stage_clock: Clock, parts: Sequence[Assignment]) -> dict[str, Any]:
    """Describe a clock; that of a unit that gave the case away ended without the work being done."""
    ended = next(
        (row for row in parts if row.role == "LEAD" and row.ended_at == stage_clock.stopped_at), None
    )
    given_up = stage_clock.stage == Stage.HANDLE and ended is not None and ended.outcome not in {"", "DONE"}
    return {
        "label": Stage(stage_clock.stage).label,
        "due_at": stage_clock.due_at,
        "warn_at": stage_clock.warn_at,
        "done_at": stage_clock.stopped_at,
        "given_up": _describe_outcome(ended) if given_up else "",
        "limit_text": _("期限 %(due)s") % {"due": format_time(stage_clock.due_at)},
        "paused": stage_clock.paused_at is not None,
        "provisional": stage_clock.provisional,
    }


def describe_demand(demand: Demand) -> dict[str, Any]:
    """Describe what was asked and answered; it is late once its day is over without an answer."""
    late = demand.answered_at is None and demand.answer_date < clock.today()
    if demand.answered_at is not None:
        state, tone = _("已答复"), "good"
    else:
        state, tone = (_("逾期未答复"), "bad") if late else (_("待答复"), "warn")
    return {
        "title": get_move_label(demand.move),
        "has_letter": demand.move == "SUPERVISE",
        "query": f"demand={demand.pk}",
        "text": demand.text,
        "asked_by": translate_person_label(demand.asked_label),
        "day": demand.answer_date,
        "state": state,
        "tone": tone,
        "answer": demand.answer,
        "answered_by": translate_person_label(demand.answered_label),
        "answered_at": demand.answered_at,
    }


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


def describe_assignment(assignment: Any) -> dict[str, Any]:
    """Describe the part of a unit: its role, deadline and outcome."""
    unit = unit_info(assignment.unit_id)
    return {
        "unit": unit.label if unit is not None else "",
        "phone": unit.duty_phone if unit is not None else "",
        "role": assignment.get_role_display(),
        "round": assignment.round,
        "open": assignment.ended_at is None,
        "due_at": assignment.due_at,
        "taken_at": assignment.taken_at,
        "ended_at": assignment.ended_at,
        "done_at": assignment.done_at,
        "outcome": _describe_outcome(assignment),
        "tone": OUTCOME_TONES.get(assignment.outcome, "info"),
        "result": assignment.result,
    }


def _describe_outcome(assignment: Any) -> str:
    if assignment.ended_at is None:
        return _("已接单") if assignment.taken_at else _("未接单")
    labels = {"DONE": _("已完成"), "RETURNED": _("退回"), "REDISPATCHED": _("改派"), "WITHDRAWN": _("撤回")}
    return labels.get(assignment.outcome, "")


def group_photo_files(files: list[Attachment]) -> list[tuple[str, list[Attachment]]]:
    """Return the photos in groups: before the handling, after it, and of the check; empty groups are left out."""
    groups = [
        (_("处置前"), Kind.PHOTO_BEFORE),
        (_("处置后"), Kind.PHOTO_AFTER),
        (_("核查"), Kind.PHOTO_CHECK),
    ]
    grouped = [(label, [row for row in files if row.kind == kind]) for label, kind in groups]
    return [(label, photos) for label, photos in grouped if photos]


def group_photos(files: list[Attachment]) -> list[dict[str, Any]]:
    """Return the groups of photos that are shown side by side."""
    return [
        {
            "label": label,
            "photos": [
                {"url": make_address("desk:attachment", row.pk), "label": format_time(row.at), "note": ""}
                for row in photos
            ],
        }
        for label, photos in group_photo_files(files)
    ]


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
