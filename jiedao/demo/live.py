"""Create the cases around the present moment: about two hundred, in every state, so that every user has some work."""

from datetime import datetime, timedelta

from jiedao.cases import catalogue
from jiedao.cases.actions.history import History
from jiedao.cases.flow import State
from jiedao.cases.models import PUBLIC_CHANNELS, Case, ReasonKind
from jiedao.cases.moves.perform import perform
from jiedao.demo.generator import HOUR_WEIGHT, Generator, find_newest_moment
from jiedao.demo.texts import Place
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor, make_actor
from jiedao.orgs.models import Holding

# The number of cases in each state. Merged cases and requests that wait for a decision follow in `make_real_moves`.
MIX: dict[State, int] = {
    State.REPORTED: 30,
    State.TO_VERIFY: 12,
    State.FILED: 16,
    State.DISPATCHED: 24,
    State.HANDLING: 42,
    State.HANDLED: 20,
    State.CHECKED: 10,
    State.CLOSED: 16,
    State.DONE: 18,
    State.SUSPENDED: 6,
    State.REJECTED: 6,
    State.VOIDED: 4,
}
LOCAL_STATES = {State.TO_VERIFY, State.REPORTED}
# How many hours ago a case in a state was usually reported: from, to.
AGE: dict[State, tuple[float, float]] = {
    State.REPORTED: (0.1, 16),
    State.TO_VERIFY: (0.5, 18),
    State.FILED: (0.5, 5),
    State.DISPATCHED: (1, 10),
    State.HANDLING: (3, 60),
    State.HANDLED: (6, 40),
    State.CHECKED: (10, 50),
    State.CLOSED: (20, 90),
    State.DONE: (30, 200),
    State.SUSPENDED: (20, 120),
    State.REJECTED: (4, 60),
    State.VOIDED: (4, 60),
}


def make_live_cases(generator: Generator) -> list[History]:
    """Return the timelines of the cases around the present moment, the newest last."""
    local_places = _list_places_of_demo_people(generator)
    histories = []
    for state, count in MIX.items():
        for index in range(count):
            place = (
                generator.rng.choice(local_places)
                if state in LOCAL_STATES and local_places and index % 2
                else None
            )
            histories.append(_make_case(generator, state, place))
    return sorted(histories, key=lambda history: history.new.reported_at or clock.now())


def _list_places_of_demo_people(generator: Generator) -> list[Place]:
    rows = Holding.objects.filter(user__about__gt="", post__unit__area__kind="COMMUNITY")
    areas = [row.post.unit.area for row in rows.select_related("post__unit__area")]
    paths = [area.path for area in areas if area is not None]
    return [place for place in generator.places if any(place.area_path.startswith(path) for path in paths)]


def _make_case(generator: Generator, state: State, place: Place | None) -> History:
    """Draw a case in a state; it is reported earlier if one of its times would be in the future."""
    now = clock.now()
    age = timedelta(hours=generator.rng.uniform(*AGE[state]))
    while True:
        start = now - age
        # Few people report at night: what waits in the morning came in the evening before, or just now.
        if generator.rng.random() < HOUR_WEIGHT[start.astimezone(clock.TOWN_TZ).hour] / max(HOUR_WEIGHT):
            history = _build_history(generator, state, start, place)
            if history is not None and find_newest_moment(history) <= now:
                return history
        age += timedelta(hours=generator.rng.uniform(0.7, 2))


def _build_history(
    generator: Generator, state: State, start: datetime, place: Place | None
) -> History | None:
    public = state in {State.TO_VERIFY, State.CLOSED, State.REJECTED}
    channel = generator.rng.choice(sorted(PUBLIC_CHANNELS - {"MEDIA"})) if public else ""
    history, words, where = generator.start_case(start, channel=channel, place=place)
    if state == State.REPORTED:
        history.category_id = None
        return history
    if state in {State.REJECTED, State.VOIDED}:
        return _end_early(generator, history, state)
    filed = generator.accept(history, where)
    history.state = state.value
    if state == State.TO_VERIFY:
        history.verified_at, history.verify_text = None, ""
        return history
    if state == State.FILED:
        return history
    checked = generator.handle(history, words, filed, where)
    if state in {State.CLOSED, State.DONE}:
        generator.finish(history, words, checked)
        if state == State.CLOSED:
            history.state, history.visits = state.value, []
        return history
    return _cut_history(generator, history, state)


def _end_early(generator: Generator, history: History, state: State) -> History:
    assert history.new.reported_at is not None
    rejected = state == State.REJECTED
    history.state = state.value
    history.ended_at = generator.draw_moment_after(history.new.reported_at, 0.2, 2)
    history.end_text = generator.phrases.live["end_rejected" if rejected else "end_voided"]
    history.people.update(REJECT=generator.staff.registrar, VOID=generator.staff.closer)
    return history


def _cut_history(generator: Generator, history: History, state: State) -> History:
    """Remove what happens after the state is reached."""
    last = history.rounds[-1]
    if state != State.CHECKED:
        last.checked_at, last.passed, last.check_text = None, True, ""
    if state in {State.DISPATCHED, State.HANDLING, State.SUSPENDED}:
        last.ended_at, last.outcome, last.text = None, "", ""
    if state == State.DISPATCHED:
        last.taken_at = None
    if state == State.SUSPENDED:
        assert last.taken_at is not None
        history.suspended_at = generator.draw_moment_after(last.taken_at, 0.5, 3)
        history.review_date = (clock.now() + timedelta(days=generator.rng.randrange(3, 40))).date()
        history.end_text = generator.rng.choice(generator.phrases.live["review"])
    return history


def make_real_moves(generator: Generator) -> int:
    """Request extensions, supervise and merge existing cases by their moves; return the number of moves."""
    moves = 0
    handling = list(
        Case.objects.filter(state=State.HANDLING, handle_due_at__gt=clock.now()).order_by("-id")[:8]
    )
    reasons = ["当事人外出，需待其返回后到场整改", "需调用吊车，设备明日到位", "等待产权单位提供图纸"]
    for case in handling[:4]:
        actor = find_unit_holder(case.lead_unit_id, "cases.case:ask_extension")
        moves += _try_move(
            actor, case, "ASK_EXTENSION", {"limit": "1wd", "note": generator.rng.choice(reasons)}
        )
    leader = find_named_holder("cases.case:supervise")
    answer_date = (clock.today() + timedelta(days=2)).isoformat()
    demand = {"note": "群众反映强烈，请本周内办结并报告", "answer_date": answer_date}
    for case in handling[4:7]:
        moves += _try_move(leader, case, "SUPERVISE", demand)
    registrar = find_named_holder("cases.case:merge")
    reported = list(Case.objects.filter(state=State.REPORTED).order_by("-id")[:4])
    for case, into in zip(reported[:2], reported[2:], strict=False):
        moves += _try_move(registrar, case, "MERGE", {"into": into.number, "note": "同一地点同一事项"})
    return moves + _propose_to_keep()


def _propose_to_keep() -> int:
    """Let two return visits end in a reason not to redo, which waits for the shift leader."""
    visitor, reasons = find_named_holder("cases.case:visit"), catalogue.list_reasons(ReasonKind.KEEP)
    answers = {"reached": "yes", "solved": "no", "satisfaction": "2", "note": "反映人希望额外补偿，已作解释"}
    closed = Case.objects.filter(state=State.CLOSED).order_by("-id")[:2]
    return sum(
        _try_move(visitor, case, "VISIT", {**answers, "keep": reason.code})
        for case, reason in zip(closed, reasons, strict=False)
    )


def find_named_holder(right: str, without: str = "") -> Actor | None:
    """Return the first named user whose post has `right` and not `without`; None if there is none."""
    rows = (
        Holding.objects.filter(user__about__gt="").select_related("user", "post__unit__area").order_by("id")
    )
    rows_with_rights = ((row, row.post.permissions) for row in rows)
    row = next((row for row, rights in rows_with_rights if right in rights and without not in rights), None)
    return make_actor(row) if row is not None else None


def find_unit_holder(unit_id: int | None, right: str) -> Actor | None:
    """Return the first user with a post of the unit that has the right; None if there is none."""
    rows = (
        Holding.objects.filter(post__unit_id=unit_id or 0)
        .select_related("user", "post__unit__area")
        .order_by("id")
    )
    row = next((row for row in rows if right in row.post.permissions), None)
    return make_actor(row) if row is not None else None


def _try_move(actor: Actor | None, case: Case, code: str, data: dict[str, str]) -> int:
    """Make a move and return 1; return 0 if nobody may make it or the town's policy refuses it."""
    if actor is None:
        return 0
    try:
        perform(actor, case.pk, code, data=data)
    except UserError:
        return 0
    return 1
