"""A field's label, HTML and rule are one fact: every move in every state, sent empty and sent with the least."""

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from jiedao.cases.flow import State
from jiedao.cases.models import Case, ExtensionRequest
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.cleaning import clean_fields
from jiedao.cases.moves.fields import FieldKind, MoveField, Need
from jiedao.cases.moves.step import Move
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.test_case_page import photo, url
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import Town, make_case, make_move, walk

REASONS = {"REJECT": "COURT", "RETURN": "NOT_OURS", "SUSPEND": "BUDGET", "VOID": "MISTAKE"}
OPTIONAL = "选填"


class FormReader(HTMLParser):
    """Reads which controls of a page are required, and the text of each label, by the name of the control."""

    def __init__(self) -> None:
        super().__init__()
        self.required: set[str] = set()
        self.labels: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._label_for = ""
        self._group: tuple[bool, str] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "label":
            self._label_for = given.get("for") or ""
        elif tag == "legend":
            self._label_for, self._group = "legend", ("required" in (given.get("class") or ""), "")
        elif tag == "fieldset":
            self._group = None
        elif tag == "option" and not given.get("value"):
            self._select = ""
        elif tag in {"input", "select", "textarea"} and given.get("name"):
            name = given["name"] or ""
            self._ids[given.get("id") or name] = name
            self._select = name if tag == "select" else ""
            if "required" in given or (self._group is not None and self._group[0]):
                self.required.add(name)
            if self._group is not None:
                self.labels[name] = self._group[1]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"label", "legend"}:
            self._label_for = ""
        if tag == "fieldset":
            self._group = None
        if tag == "select" and self._select:
            # Without an empty choice it cannot be left empty, and HTML forbids `required`.
            self.required.add(self._select)

    def handle_data(self, data: str) -> None:
        if self._label_for == "legend" and self._group is not None:
            self._group = (self._group[0], self._group[1] + data)
        elif self._label_for:
            self.labels[self._label_for] = self.labels.get(self._label_for, "") + data

    def close(self) -> None:
        super().close()
        self.labels = {self._ids.get(key, key): text for key, text in self.labels.items()}


# state -> how far a case walks, who then makes which move, and the fields of that move
LAST_MOVES: dict[State, tuple[str, str, str, dict[str, Any]]] = {
    State.REJECTED: ("REPORTED", "registrar", "REJECT", {"reason": "COURT", "reply": "请走诉讼"}),
    State.VOIDED: ("FILED", "shift", "VOID", {"reason": "MISTAKE", "note": "误报"}),
    State.TO_CONFIRM: (
        "CLOSED",
        "visitor",
        "VISIT",
        {"reached": "yes", "solved": "no", "satisfaction": 1, "redo": "no", "keep": "UNREASONABLE"},
    ),
}


def bring_case_to(town: Town, state: State) -> Case:
    if state in LAST_MOVES:
        to, who, move, fields = LAST_MOVES[state]
        return make_move(town, who, walk(town, to=to), move, **fields)
    if state is State.TO_VERIFY:
        case = walk(town, to="REPORTED")
        return make_move(town, "registrar", case, "ACCEPT", category=town.categories["COVER"].pk)
    if state is State.MERGED:
        return make_move(town, "dispatcher", walk(town), "MERGE", into=walk(town, to="HANDLING").number)
    case = walk(town, to="HANDLING" if state is State.SUSPENDED else state.value)
    if state is State.SUSPENDED:
        day = clock.today() + timedelta(days=9)
        return make_move(town, "shift", case, "SUSPEND", reason="BUDGET", note="等资金", review_date=day)
    if state is State.HANDLING:
        make_move(town, "handler", case, "ASK_EXTENSION", limit="1wd", note="等设备")
        make_move(town, "handler", case, "CALL_HELP", helpers=[town.units["WATER"].pk], note="需停水")
        make_move(town, "leader", case, "SUPERVISE", note="尽快")
    case.refresh_from_db()
    return case


def find_movers(town: Town, case: Case) -> list[tuple[str, Move]]:
    """Return each move that any user may make on the case, with a user who may."""
    movers: dict[str, tuple[str, Move]] = {}
    for who in town.users:
        actor = town.actor(who)
        if Case.objects.visible_to(actor).filter(pk=case.pk).exists():
            for move in list_allowed_moves(actor, case):
                movers.setdefault(move.code, (who, move))
    return list(movers.values())


def make_value(town: Town, case: Case, other: Case, move: Move, field: MoveField) -> Any:
    request = ExtensionRequest.objects.filter(case=case, decided_at=None).first()
    unit = "WATER" if move.code in {"RELEASE_HELP", "REDISPATCH"} else "URBAN"
    return {
        FieldKind.TEXT: "写明情况",
        FieldKind.REASON: REASONS.get(move.code, ""),
        FieldKind.UNIT: town.units[unit].pk,
        FieldKind.UNITS: [town.units["CLEAN"].pk],
        FieldKind.CATEGORY: town.categories["RUBBISH"].pk,
        FieldKind.AREA: town.areas["G1"].pk,
        FieldKind.PREMISE: town.premises["GARDEN"].pk,
        FieldKind.CASE: other.number,
        FieldKind.BOOL: "on",
        FieldKind.CHOICE: field.choices[-1][0] if field.choices else "",
        FieldKind.SCORE: "3",
        FieldKind.DATE: (clock.today() + timedelta(days=1)).isoformat(),
        FieldKind.LIMIT: "1wd",
        FieldKind.LINES: "另一件事",
        FieldKind.PHOTOS: [photo()],
        FieldKind.REQUEST: request.pk if request else "",
    }[field.kind]


@pytest.mark.parametrize(
    ("state", "proof"),
    [*((state, False) for state in State), (State.HANDLING, True), (State.HANDLED, True)],
)
def test_label_html_and_rule_of_every_field_agree(
    town: Town, signed_in: SignedIn, state: State, proof: bool
) -> None:
    case, other = bring_case_to(town, state), make_case(town)
    flags = {"photo_after": proof, "photo_before": proof, "site_check": proof}
    type(town.categories["RUBBISH"]).objects.update(**flags)
    forget_all()
    movers = find_movers(town, case)
    assert movers
    for who, move in movers:
        check_move(town, signed_in(who), case, other, move)


def check_move(town: Town, client: Client, case: Case, other: Case, move: Move) -> None:
    needs = {field.name: field.get_need(case) for field in move.fields}
    where = f"{case.state} {move.code}"
    required = {name for name, need in needs.items() if need is Need.REQUIRED}
    check_page(client.get(url(case) + f"?move={move.code}"), move, needs, where)

    either = {name for name, need in needs.items() if need is Need.EITHER}
    refused = send(client, case, move, {})
    assert required <= refused, f"{where}: empty is refused at {refused}"
    assert bool(either & refused) == bool(either), where
    least = {f.name: make_value(town, case, other, move, f) for f in move.fields if f.name in required}
    if least:
        refused |= send(client, case, move, least)
    unfair = {name for name in refused if needs.get(name) is Need.OPTIONAL}
    assert not unfair - {"sure"}, f"{where} refuses an empty optional field: {unfair}"
    for name in required:  # the rule refuses each alone, for those who use no form
        fields = {
            key: 1 if key.startswith("photos") else value for key, value in least.items() if key != name
        }
        with pytest.raises(UserError) as refusal:
            clean_fields(move, fields, case)
        assert refusal.value.field == name, where


def check_page(page: Any, move: Move, needs: dict[str, Need], where: str) -> None:
    """Check that the controls and labels of the move's form state the needs."""
    reader, content = FormReader(), page.content.decode()
    reader.feed(content[content.index('data-draft="case-') :].partition("</form>")[0])
    reader.close()
    required = {name for name, need in needs.items() if need is Need.REQUIRED}
    assert reader.required & set(needs) == required, where
    for field in move.fields:
        if field.kind is not FieldKind.BOOL:
            says_optional = OPTIONAL in reader.labels[field.name]
            assert says_optional == (needs[field.name] is Need.OPTIONAL), f"{where} {field.name}"


def send(client: Client, case: Case, move: Move, fields: dict[str, Any]) -> set[str]:
    """Send the form and undo what it changed; return the names of the fields at which it was refused."""
    with transaction.atomic():
        answer = client.post(url(case, "moves", move.code), {"version": case.version, **fields})
        transaction.set_rollback(True)
    return set(answer.context["form"].errors) if answer.status_code != 302 else set()
