"""The entries of the audit log as sentences: who did what to what, from what to what, and why.

Names are read in a few queries for a page: ids that values hold become the names of their rows. Cases and records are
named by their numbers, with a link where the reader may open them: the names of records may be those of people.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from jiedao.accounts.models import ApiToken, User
from jiedao.audit.models import Entry
from jiedao.cases import catalogue
from jiedao.cases.models import Case
from jiedao.desk.admin.audit_codes import CodeNames
from jiedao.desk.admin.audit_values import CODE_WORDS, FIELD_WORDS, HIDDEN_KEYS, REASON_KEYS
from jiedao.desk.admin.audit_words import TYPES, find_words
from jiedao.desk.admin.own import format_value
from jiedao.desk.objects import link_objects
from jiedao.evaluation.access import OF_APPEAL
from jiedao.evaluation.models import Appeal
from jiedao.kernel.objects import ObjectRef
from jiedao.kernel.packs.own import OwnLayer
from jiedao.kernel.packs.own_rows import RowLayer
from jiedao.kernel.packs.parts import list_own_layers
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Deputation, Holding
from jiedao.pages.right_names import get_right_name
from jiedao.places.selectors import area_text
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.models import Finding, Inspection, Record
from jiedao.reports.forms.models import FormFill

MAX_TEXT = 300
LONG_LIST = 3  # of a longer list only what was added and removed is shown
# types of objects whose name differs from that of their model
MODELS = {
    "registers.visit": "registers.inspection",
    "kernel.calendar": "kernel.calendarday",
    "reports.fill": "reports.formfill",
}


class Change(NamedTuple):
    """A value before and after, in words; "" where there is none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class EntrySentence:
    """An audit entry as the page and the file show it."""

    id: int
    at: datetime
    who: str
    address: str
    request_id: str
    did: str
    object_text: str
    object_url: str
    changes: list[Change]
    why: str


# -- objects -----------------------------------------------------------------------------------------------------------


def _name_registers(ids: Collection[int]) -> dict[int, str]:
    infos = {pk: register_by_id(pk) for pk in ids}
    return {pk: str(info.label) for pk, info in infos.items() if info is not None}


def _name_record(register_id: int, code: str) -> str:
    info = register_by_id(register_id)
    return f"{info.label if info is not None else ''} {code}".strip()


def _name_records(ids: Collection[int]) -> dict[int, str]:
    rows = Record.objects.filter(pk__in=ids).values_list("pk", "register_id", "code")
    return {pk: _name_record(register_id, code) for pk, register_id, code in rows}


def _name_inspections(ids: Collection[int]) -> dict[int, str]:
    rows = Inspection.objects.filter(pk__in=ids).values_list("pk", "register_id", "record__code")
    return {pk: _name_record(register_id, code) for pk, register_id, code in rows}


def _name_findings(ids: Collection[int]) -> dict[int, str]:
    rows = Finding.objects.filter(pk__in=ids).values_list("pk", "register_id", "record__code")
    return {pk: _name_record(register_id, code) for pk, register_id, code in rows}


def _name_cases(ids: Collection[int]) -> dict[int, str]:
    return dict(Case.objects.filter(pk__in=ids).values_list("pk", "number"))


def _name_users(ids: Collection[int]) -> dict[int, str]:
    rows = User.objects.filter(pk__in=ids).values_list("pk", "full_name", "username")
    return {pk: _("%(name)s（%(username)s）") % {"name": name, "username": user} for pk, name, user in rows}


def _name_holdings(ids: Collection[int]) -> dict[int, str]:
    rows = Holding.objects.filter(pk__in=ids).select_related("user", "post")
    return {row.pk: f"{row.user.full_name} · {row.post.label}" for row in rows}


def _name_deputations(ids: Collection[int]) -> dict[int, str]:
    rows = Deputation.objects.filter(pk__in=ids).select_related("person", "deputy")
    return {
        row.pk: _("%(deputy)s 代 %(person)s")
        % {"deputy": row.deputy.full_name, "person": row.person.full_name}
        for row in rows
    }


def _name_tokens(ids: Collection[int]) -> dict[int, str]:
    rows = ApiToken.objects.filter(pk__in=ids).select_related("user")
    return {row.pk: f"{row.user.full_name} · {row.name}" for row in rows}


def _name_days(ids: Collection[int]) -> dict[int, str]:
    return {pk: date.fromordinal(pk).isoformat() for pk in ids if 0 < pk <= date.max.toordinal()}


def _name_duties(ids: Collection[int]) -> dict[int, str]:
    layer = list_own_layers()["duty"]
    rows = layer.model.objects.filter(pk__in=ids).select_related("category", "area")
    return {row.pk: layer.describe(row) for row in rows}


def _name_appeals(ids: Collection[int]) -> dict[int, str]:
    """Name appeals by the number in the address of their page, and never by their state, which changes later."""
    rows = Appeal.objects.filter(pk__in=ids).select_related(*OF_APPEAL)
    return {
        row.pk: _("第 %(number)d 号（%(place)s，%(sheet)s，%(period)s）")
        % {
            "number": row.pk,
            "place": row.score.place_label,
            "sheet": row.score.sheet_version.sheet.label,
            "period": row.score.period.label,
        }
        for row in rows
    }


def _name_fills(ids: Collection[int]) -> dict[int, str]:
    rows = FormFill.objects.filter(pk__in=ids).select_related("form", "area", "unit").defer("cells")
    return {row.pk: f"{row.form.name} {row.period.label} {row.place_label}".strip() for row in rows}


def _name_policies(ids: Collection[int]) -> dict[int, str]:
    layer = list_own_layers()["policy"]
    specs = layer.list_specs()  # type: ignore[attr-defined]
    rows = layer.model.objects.filter(pk__in=ids)
    return {row.pk: str(specs[row.key].label) if row.key in specs else row.key for row in rows}


NAMES: dict[str, Callable[[Collection[int]], dict[int, str]]] = {
    "cases.case": _name_cases,
    "accounts.user": _name_users,
    "accounts.apitoken": _name_tokens,
    "orgs.holding": _name_holdings,
    "orgs.deputation": _name_deputations,
    "kernel.calendar": _name_days,
    "cases.duty": _name_duties,
    "kernel.policy": _name_policies,
    "evaluation.appeal": _name_appeals,
    "reports.fill": _name_fills,
    "registers.register": _name_registers,
    "registers.record": _name_records,
    "registers.visit": _name_inspections,
    "registers.finding": _name_findings,
}


def _name_rows(object_type: str, ids: Collection[int]) -> dict[int, str]:
    """Return the names of rows of a type, in at most one query."""
    if object_type in NAMES:
        return NAMES[object_type](ids)
    model = _find_model(object_type)
    if model is None:
        return {}
    return {row.pk: str(getattr(row, "label", row)) for row in model._default_manager.filter(pk__in=ids)}


def _find_model(object_type: str) -> type[models.Model] | None:
    try:
        return apps.get_model(MODELS.get(object_type, object_type))
    except (LookupError, ValueError):
        return None


# -- values ------------------------------------------------------------------------------------------------------------


def _find_field(object_type: str, key: str) -> Any:
    """Return the field of the model that a key names, None for a key that is no field."""
    model = _find_model(PART_MODELS.get((object_type, key), object_type))
    for name in (key, key.removesuffix("_id")):
        try:
            return model._meta.get_field(name) if model is not None else None
        except FieldDoesNotExist:
            continue
    return None


def name_field(object_type: str, key: str, action: str = "") -> str:
    """Return the name of a value in the reader's language, the key itself where it has none."""
    if (name := f"{action}.{key}") in FIELD_WORDS:
        return str(FIELD_WORDS[name])
    if key.startswith("values."):
        return key.partition(".")[2]
    field = _find_field(object_type, key)
    verbose_name = getattr(field, "verbose_name", None)
    if isinstance(verbose_name, Promise):
        return str(verbose_name)
    return str(FIELD_WORDS.get(key, key))


class EntryWords:
    """The words of some entries: reads the names of all objects and ids that they mention at once."""

    def __init__(self, actor: Actor, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.layers = {layer.model._meta.label_lower: layer for layer in list_own_layers().values()}
        refs = [ObjectRef(row.object_type, row.object_id) for row in entries if row.object_id is not None]
        self.links = link_objects(actor, refs)
        self.codes = CodeNames()
        wanted: dict[str, set[int]] = defaultdict(set)
        for ref in refs:
            wanted[ref.object_type].add(ref.object_id)
        for row in entries:
            for object_type, pk in self._list_ids(row):
                wanted[object_type].add(pk)
        self.names = {object_type: _name_rows(object_type, ids) for object_type, ids in wanted.items()}

    def _list_ids(self, row: Entry) -> Iterable[tuple[str, int]]:
        for values in (row.before, row.after):
            for key, value in values.items() if isinstance(values, dict) else ():
                target = _find_target(_find_values_type(row), key)
                if target and isinstance(value, int) and not isinstance(value, bool):
                    yield target, value

    def describe(self, row: Entry) -> EntrySentence:
        """Return an entry as a sentence."""
        words = find_words(row.action, row.object_type)
        did = (
            words.choose(row.before, row.after)
            if words is not None
            else _("做了“%(code)s”") % {"code": row.action}
        )
        link = (
            self.links.get(ObjectRef(row.object_type, row.object_id)) if row.object_id is not None else None
        )
        before = row.before if isinstance(row.before, dict) else {}
        after = row.after if isinstance(row.after, dict) else {}
        why = [self._format(row, key, after[key]) for key in REASON_KEYS if after.get(key)]
        return EntrySentence(
            id=row.pk,
            at=row.at,
            who=row.actor_label,
            address=row.address,
            request_id=row.request_id,
            did=did,
            object_text=self._name_object(row, after or before),
            object_url=link.url if link is not None else "",
            changes=self._list_changes(row, before, after),
            why="；".join(why),
        )

    def _name_object(self, row: Entry, values: Mapping[str, Any]) -> str:
        kind = str(TYPES.get(row.object_type, ""))
        name = self.names.get(row.object_type, {}).get(row.object_id, "") if row.object_id is not None else ""
        if not name:
            candidates = (values.get(key) for key in ("name", "full_name", "username", "title", "key"))
            name = next((str(value) for value in candidates if value), "")
            name = name or (str(row.object_id) if row.object_id is not None else "")
        return f"{kind} {name}".strip()

    def _list_changes(self, row: Entry, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
        keys = dict.fromkeys([*before, *after])
        changes = []
        for key in keys:
            old, new = before.get(key), after.get(key)
            is_hidden = key in HIDDEN_KEYS or (key in REASON_KEYS and after.get(key)) or key == "key"
            if is_hidden or old == new:
                continue
            name = self._name_field(row, key)
            if isinstance(old, list) and isinstance(new, list) and max(len(old), len(new)) > LONG_LIST:
                changes.append(self._describe_list(row, key, old, new))
                continue
            texts = [
                self._format(row, key, values[key]) if key in values else "" for values in (before, after)
            ]
            changes.append(Change(name, *texts))
        return [change for change in changes if change.before or change.after]

    def _describe_list(self, row: Entry, key: str, old: list[Any], new: list[Any]) -> Change:
        """Return what was removed from a long list and what was added."""
        removed, added = [item for item in old if item not in new], [item for item in new if item not in old]
        return Change(
            self._name_field(row, key),
            _("去掉 %(items)s") % {"items": self._format(row, key, removed)} if removed else "",
            _("加上 %(items)s") % {"items": self._format(row, key, added)} if added else "",
        )

    def _find_own_field(self, row: Entry, key: str) -> Any:
        layer: OwnLayer | None = self.layers.get(row.object_type)
        if layer is None or not row.action.startswith("packs.own:"):
            return None
        policy = layer.find_row(str((row.after or {}).get("key", ""))) if layer.kind == "policy" else None
        fields = layer.list_fields(policy) if layer.kind != "policy" or policy is not None else ()
        more = layer.key_fields if isinstance(layer, RowLayer) else ()
        return next((field for field in (*fields, *more) if field.name == key), None)

    def _name_field(self, row: Entry, key: str) -> str:
        own = self._find_own_field(row, key)
        return str(own.label) if own is not None else name_field(_find_values_type(row), key, row.action)

    def _format(self, row: Entry, key: str, value: Any) -> str:
        own = self._find_own_field(row, key)
        text = format_value(own, value) if own is not None else self._format_plain(row, key, value)
        return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"

    def _format_plain(self, row: Entry, key: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if isinstance(value, dict):
            parts = (
                f"{name_field(_find_values_type(row), name)} {self._format_plain(row, name, part)}"
                for name, part in value.items()
            )
            return "；".join(parts)
        if isinstance(value, list):
            return "、".join(self._format_plain(row, key, item) for item in value) or _("空")
        if isinstance(value, int):
            target = _find_target(_find_values_type(row), key)
            return self.names.get(target, {}).get(value, str(value)) if target else str(value)
        object_type = _find_values_type(row)
        return self.codes.find(object_type, key, str(value)) or _format_text(object_type, key, str(value))


def _find_target(object_type: str, key: str) -> str:
    """Return the type of the row whose id a key holds, "" for a key that holds no id."""
    if key in TARGETS:
        return TARGETS[key]
    field = _find_field(object_type, key)
    if field is not None and field.is_relation and field.related_model is not None:
        return str(field.related_model._meta.label_lower)
    return ""


def _find_values_type(row: Entry) -> str:
    """Return the type that the values of an entry describe: those of an attachment, whatever it was attached to."""
    return "files.attachment" if row.action.startswith("files.attachment:") else row.object_type


# values of an object that are columns of the rows below it
PART_MODELS = {
    ("projects.project", "kind"): "projects.projectmoney",
    ("reports.form", "kind"): "reports.formbinding",
    ("reports.report", "kind"): "reports.plandecision",
}
TARGETS = {
    "attachment": "files.attachment",
    "user": "accounts.user",
    "record_id": "registers.record",
    "register_id": "registers.register",
}


def _format_text(object_type: str, key: str, text: str) -> str:
    """Return a stored text in words: codes by their names, moments in local time, areas by name."""
    if key == "permissions":
        return get_right_name(text)
    if key == "area_path":
        return area_text(text) or text
    if (word := _find_code_word(object_type, key, text)) is not None:
        return word
    if key.endswith("_at") and (moment := parse_datetime(text)) is not None and timezone.is_aware(moment):
        return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
    return text


def _find_code_word(object_type: str, key: str, code: str) -> str | None:
    """Return the name of a stored code: a code of this page, a reason of the pack, or a choice of the field."""
    words: dict[str, Any] = dict(CODE_WORDS.get(key, {}))
    if key in {"reason", "cause", "keep"}:
        words |= {reason.code: reason for reason in catalogue.REASONS.get().values()}
    field = _find_field(object_type, key)
    if field is not None and getattr(field, "choices", None):
        words |= dict(field.flatchoices)
    return str(words[code]) if code in words else None


def describe_entries(actor: Actor, entries: Sequence[Entry]) -> list[EntrySentence]:
    """Return entries as sentences; the number of queries does not depend on their number."""
    words = EntryWords(actor, entries)
    return [words.describe(row) for row in entries]
