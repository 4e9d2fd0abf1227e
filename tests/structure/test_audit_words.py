"""Every action that the product records has its words on the audit page.

The test reads the source: it collects the action of each call that records an entry. Where a part of the code is put
together when the program runs, the values of that part come from the table of moves, or from the calls of the helper.
"""

import ast
import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jiedao.cases.actions.settling import SETTLED
from jiedao.cases.jobs import KINDS as CASE_EVENTS
from jiedao.cases.moves.table import FLOW
from jiedao.desk.admin.audit_values import FIELD_WORDS, HIDDEN_KEYS, REASON_KEYS
from jiedao.desk.admin.audit_words import ACTIONS, GROUPS, TYPED_ACTIONS
from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE
from jiedao.projects.jobs import KINDS as PLEDGE_EVENTS
from jiedao.projects.pledge_flow import MOVES
from jiedao.registers.models import FindingState

ROOT = Path(__file__).parents[2] / "jiedao"
RECORDERS = {"record_entry", "record_account_event", "build_entry"}
# module and pattern -> the values of "*", or the complete codes
PARTS: dict[tuple[str, str], list[str]] = {
    ("jiedao.cases.moves.perform", "*:*"): [f"cases.case:{code.lower()}" for code in FLOW.moves],
    ("jiedao.cases.jobs", "cases.case:*"): [event.lower() for event in CASE_EVENTS],
    ("jiedao.cases.pack.followers", "*"): ["cases.case:relocate", "cases.case:succeed"],
    ("jiedao.cases.actions.succeeding", "*"): ["cases.case:succeed"],
    ("jiedao.cases.actions.settling", "cases.case:*"): [SETTLED.lower()],
    ("jiedao.projects.jobs", "projects.pledge:*"): [event.lower() for event in PLEDGE_EVENTS],
    ("jiedao.projects.actions.pledges", "projects.pledge:*"): [code.lower() for code in ("ADD", *MOVES)],
    ("jiedao.registers.actions.findings", "registers.finding:*"): [
        state.lower() for state in FindingState.values
    ],
    ("jiedao.notices.reveals", "*_stopped"): ["cases.case:reveal_stopped", "registers.record:reveal_stopped"],
    ("jiedao.orgs.actions", "*"): ["orgs.access:end_all"],
    ("jiedao.evaluation.actions.appealing", "evaluation.appeal:*"): [
        f"evaluation.appeal:{verb}" for verb in ("decide", "withdraw")
    ],
    ("jiedao.publishing.actions.releasing", "publishing.data_set:*"): ["release", "close"],
    ("jiedao.publishing.actions.writing", "publishing.publication:*"): [
        f"publishing.publication:{verb}" for verb in ("edit", "review", "publish", "withdraw")
    ],
    ("jiedao.reports.actions.word_templates", "reports.word_template:*"): ["add", "retire"],
    ("jiedao.reports.actions.writing", "reports.report:*"): ["reports.report:begin", "reports.report:import"],
    ("jiedao.reports.actions.planning", "reports.plan:*"): [
        f"reports.plan:{verb}" for verb in ("promise", "link", "dismiss", "undo", "mention")
    ],
    ("jiedao.reports.forms.actions.binding", "reports.form:*"): [
        f"reports.form:{verb}" for verb in ("add", "change", "replace", "bind", "unbind", "move")
    ],
    ("jiedao.reports.forms.actions.filling", "reports.form:*"): [
        f"reports.form:{verb}" for verb in ("fill", "refresh", "enter", "confirm", "drop")
    ],
    ("jiedao.publishing.review.actions", "publishing.case:*"): ["release", "withheld", "withdrawn"],
    ("jiedao.publishing.consultations.actions", "publishing.consultation:*"): [
        *("save", "publish", "extend", "end", "withdraw")
    ],
    ("jiedao.orgs.deputies", "orgs.deputy:*"): ["name", "end"],
    ("jiedao.packs.actions", "packs.pack:*"): [CREATE, CHANGE, RETIRE],
    ("jiedao.exchange.mappings", "exchange.mapping:*"): ["save", "delete"],
    ("jiedao.exchange.endpoints.actions", "exchange.event:*"): [
        f"exchange.event:{verb}" for verb in ("again", "drop", "test")
    ],
    ("jiedao.delivery.actions", "*:*"): [
        *(f"delivery.address:{verb}" for verb in ("save", "verify", "remove", "add", "test")),
        "delivery.receiver:save",
        "delivery.delivery:again",
    ],
    ("jiedao.accounts.oidc.links", "accounts.provider:*"): ["wait", "match", "link", "unlink"],
    ("jiedao.accounts.actions", "accounts.second_factor:*"): ["switch_off", "reset"],
}
# the helper that has the last part of the code as an argument -> (its prefix, the place of the argument)
HELPERS = {
    "_record_change": ("registers.record:", 1),
    "record_inspection_entry": ("registers.visit:", 1),
    "_record_project_entry": ("projects.project:", 1),
    "_record_own_value": ("packs.own:", 1),
}
HELPER_MODULES = {
    "jiedao.registers.actions.records",
    "jiedao.registers.actions.planning",
    "jiedao.projects.actions.reporting",
    "jiedao.files.actions",
    "jiedao.orgs.own_values",
}


def read_sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        if "tests" in path.parts or "migrations" in path.parts or path.parts[-2] == "testing":
            continue
        source = path.read_text(encoding="utf-8")
        if "record_" in source or '"action"' in source:
            module = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
            yield module, ast.parse(source)


def resolve(module: str, node: ast.expr) -> str:
    """Return the code of an action; a part that is known only when the program runs is "*"."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return str(getattr(importlib.import_module(module), node.id, "*"))
    if isinstance(node, ast.JoinedStr):
        return "".join(
            resolve(module, part.value) if isinstance(part, ast.FormattedValue) else resolve(module, part)
            for part in node.values
        )
    return "*"


def list_action_nodes(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in RECORDERS:
                yield from (keyword.value for keyword in node.keywords if keyword.arg == "action")
        elif isinstance(node, ast.Dict):
            keys = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            if "action" in keys and "obj_type" in keys:
                yield keys["action"]


def is_text(node: Any) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def list_actions() -> set[tuple[str, str]]:
    """Return module and code of every action in the source."""
    actions = set()
    for module, tree in read_sources():
        for node in list_action_nodes(tree):
            code = resolve(module, node)
            if code == "*" and module in {"jiedao.audit.actions", "jiedao.accounts.actions"}:
                continue  # the recorder itself
            if "*" not in code:
                actions.add((module, code))
            elif (module, code) in PARTS:
                values = PARTS[module, code]
                actions |= {(module, value if ":" in value else code.replace("*", value)) for value in values}
            elif module in HELPER_MODULES:
                actions |= {(module, action) for action in list_helper_actions(module, code)}
            else:
                pytest.fail(
                    f"{module} puts the action {code} together: name its values in PARTS of this test"
                )
    return actions


def list_helper_actions(module: str, code: str) -> set[str]:
    """Return the actions that the callers of the helpers of a module name."""
    prefix = code.removesuffix("*")
    if module == "jiedao.files.actions":
        helpers = {"_record_entry": 1}
    else:
        helpers = {name: place for name, (start, place) in HELPERS.items() if start == prefix}
    assert helpers, f"{module}: name the helper that records {code} in HELPERS of this test"
    actions = set()
    for other, tree in read_sources():
        if other != module and not other.startswith(module.rpartition(".")[0]):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in helpers:
                argument = node.args[helpers[node.func.id]]  # type: ignore[attr-defined]
                if is_text(argument):
                    actions.add(prefix + argument.value)  # type: ignore[attr-defined]
    assert actions
    return actions


def test_every_action_has_words() -> None:
    actions = list_actions()
    assert len(actions) > 80
    typed = {action for action, _type in TYPED_ACTIONS}
    unnamed = sorted(
        {(code, module) for module, code in actions if code not in ACTIONS and code not in typed}
    )
    assert unnamed == [], "give these actions words in jiedao/desk/admin/audit_words.py"


def test_every_action_is_in_a_group_of_the_filter() -> None:
    assert {words.group for words in (*ACTIONS.values(), *TYPED_ACTIONS.values())} <= set(GROUPS)


def test_literal_keys_of_values_have_words() -> None:
    """The keys that a call writes as literals are shown by name: by the model's field or by FIELD_WORDS."""
    missing = set()
    for module, tree in read_sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RECORDERS:
                object_type = next((k.value for k in node.keywords if k.arg == "obj_type"), None)
                for keyword in node.keywords:
                    if keyword.arg in {"before", "after"} and isinstance(keyword.value, ast.Dict):
                        keys = [key.value for key in keyword.value.keys if is_text(key)]  # type: ignore[union-attr]
                        missing |= {(module, key) for key in keys if not is_named(object_type, str(key))}
    assert sorted(missing) == []


def is_named(object_type: Any, key: str) -> bool:
    from jiedao.desk.admin.audit_rows import name_field

    type_text = object_type.value if is_text(object_type) else ""
    return key in FIELD_WORDS or key in REASON_KEYS or key in HIDDEN_KEYS or name_field(type_text, key) != key


def test_no_two_actions_of_a_group_have_the_same_words() -> None:
    seen = Counter((words.group, str(words.change)) for words in ACTIONS.values())
    assert [name for name, count in seen.items() if count > 1] == []
