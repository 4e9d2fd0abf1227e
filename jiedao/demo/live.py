"""The cases of today: about two hundred around now, in every state, so that each home has something waiting."""

from datetime import datetime, timedelta

from jiedao.cases.actions.history import History
from jiedao.cases.flow import State
from jiedao.cases.models import PUBLIC_CHANNELS, Case
from jiedao.cases.moves.perform import perform
from jiedao.demo.generator import Generator
from jiedao.demo.texts import Place
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor, make_actor
from jiedao.orgs.models import Holding

# How many cases stand in each state. MERGED ones and waiting requests are made by real moves afterwards.
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
NEAR = {State.TO_VERIFY, State.REPORTED}
# How long ago, in hours, a case in a state was usually reported: from, to.
AGE: dict[State, tuple[float, float]] = {
    State.REPORTED: (0.1, 4),
    State.TO_VERIFY: (0.5, 7),
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


def make_live_cases(made: Generator) -> list[History]:
    """Make the live cases, newest last."""
    near = _places_of_demo_people(made)
    histories = []
    for state, count in MIX.items():
        for index in range(count):
            place = made.rng.choice(near) if state in NEAR and near and index % 2 else None
            histories.append(_make_case(made, state, place))
    return sorted(histories, key=lambda history: history.new.reported_at or clock.now())


def _places_of_demo_people(made: Generator) -> list[Place]:
    rows = Holding.objects.filter(user__is_demo=True, post__unit__area__kind="COMMUNITY")
    areas = [row.post.unit.area for row in rows.select_related("post__unit__area")]
    paths = [area.path for area in areas if area is not None]
    return [place for place in made.places if any(place.area_path.startswith(path) for path in paths)]


def _make_case(made: Generator, state: State, place: Place | None) -> History:
    """Make a case that has come as far as the state; one whose times would lie in the future starts earlier."""
    now = clock.now()
    age = timedelta(hours=made.rng.uniform(*AGE[state]))
    while True:
        start = now - age
        history = _come_to(made, state, start, place)
        if history is not None and _find_newest(history) <= now:
            return history
        age += timedelta(hours=made.rng.uniform(0.7, 2))


def _find_newest(history: History) -> datetime:
    times = [
        history.new.reported_at,
        history.accepted_at,
        history.verified_at,
        history.closed_at,
        history.ended_at,
    ]
    for part in history.rounds:
        times += [part.dispatched_at, part.taken_at, part.ended_at, part.checked_at]
    times += [visit.at for visit in history.visits]
    return max(moment for moment in times if moment is not None)


def _come_to(made: Generator, state: State, start: datetime, place: Place | None) -> History | None:
    public = state in {State.TO_VERIFY, State.CLOSED, State.REJECTED}
    channel = made.rng.choice(sorted(PUBLIC_CHANNELS - {"MEDIA"})) if public else ""
    history, words, where = made.begin(start, channel=channel, place=place)
    if state == State.REPORTED:
        history.category_id = None
        return history
    if state in {State.REJECTED, State.VOIDED}:
        return _ended(made, history, state)
    filed = made.accept(history, where)
    history.state = state.value
    if state == State.TO_VERIFY:
        history.verified_at, history.verify_text = None, ""
        return history
    if state == State.FILED:
        return history
    checked = made.handle(history, words, filed, where)
    if state in {State.CLOSED, State.DONE}:
        made.finish(history, words, checked)
        if state == State.CLOSED:
            history.state, history.visits = state.value, []
        return history
    return _cut_history(made, history, state)


def _ended(made: Generator, history: History, state: State) -> History:
    assert history.new.reported_at is not None
    rejected = state == State.REJECTED
    history.state = state.value
    history.ended_at = made.after(history.new.reported_at, 0.2, 2)
    history.end_text = made.phrases.live["end_rejected" if rejected else "end_voided"]
    history.people.update(REJECT=made.duty.registrar, VOID=made.duty.closer)
    return history


def _cut_history(made: Generator, history: History, state: State) -> History:
    """Take back what comes after the state."""
    last = history.rounds[-1]
    if state != State.CHECKED:
        last.checked_at, last.passed, last.check_text = None, True, ""
    if state in {State.DISPATCHED, State.HANDLING, State.SUSPENDED}:
        last.ended_at, last.outcome, last.text = None, "", ""
    if state == State.DISPATCHED:
        last.taken_at = None
    if state == State.SUSPENDED:
        assert last.taken_at is not None
        history.suspended_at = made.after(last.taken_at, 0.5, 3)
        history.review_date = (clock.now() + timedelta(days=made.rng.randrange(3, 40))).date()
        history.end_text = made.rng.choice(made.phrases.live["review"])
    return history


def real_moves(made: Generator) -> int:
    """Make moves that need two people through the flow itself: requests for time, help, supervision, merges."""
    done = 0
    handling = list(
        Case.objects.filter(state=State.HANDLING, handle_due_at__gt=clock.now()).order_by("-id")[:8]
    )
    wishes = ["当事人外出，需待其返回后到场整改", "需调用吊车，设备明日到位", "等待产权单位提供图纸"]
    for case in handling[:4]:
        actor = of_unit(case.lead_unit_id, "cases.case:ask_extension")
        done += _try(actor, case, "ASK_EXTENSION", {"limit": "1wd", "note": made.rng.choice(wishes)})
    leader = with_right("cases.case:supervise")
    for case in handling[4:7]:
        done += _try(leader, case, "SUPERVISE", {"note": "群众反映强烈，请本周内办结并报告"})
    registrar = with_right("cases.case:merge")
    reported = list(Case.objects.filter(state=State.REPORTED).order_by("-id")[:4])
    for case, into in zip(reported[:2], reported[2:], strict=False):
        done += _try(registrar, case, "MERGE", {"into": into.number, "note": "同一地点同一事项"})
    return done


def with_right(right: str, without: str = "") -> Actor | None:
    """Return the first of the named people whose post holds the one right and not the other."""
    rows = (
        Holding.objects.filter(user__is_demo=True).select_related("user", "post__unit__area").order_by("id")
    )
    held = ((row, row.post.permissions) for row in rows)
    row = next((row for row, rights in held if right in rights and without not in rights), None)
    return make_actor(row) if row is not None else None


def of_unit(unit_id: int | None, right: str) -> Actor | None:
    """Return the first holder of a post of the unit with the right."""
    rows = (
        Holding.objects.filter(post__unit_id=unit_id or 0)
        .select_related("user", "post__unit__area")
        .order_by("id")
    )
    row = next((row for row in rows if right in row.post.permissions), None)
    return make_actor(row) if row is not None else None


def _try(actor: Actor | None, case: Case, code: str, data: dict[str, str]) -> int:
    """Make a move; one that the town's policy refuses is left out of the demonstration."""
    if actor is None:
        return 0
    try:
        perform(actor, case.pk, code, data=data)
    except UserError:
        return 0
    return 1
