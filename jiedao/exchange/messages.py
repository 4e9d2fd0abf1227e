"""Import of citizens' messages from a file as cases."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.actions.answered import can_close_answered
from jiedao.cases.actions.intake import find_place
from jiedao.cases.models import Channel
from jiedao.cases.suggesting import suggest
from jiedao.exchange.account import Account
from jiedao.exchange.batches import count_cases, finish_batch, start_batch
from jiedao.exchange.doubles import DoublesError
from jiedao.exchange.layout import Layout, find_layout, find_missing_headers
from jiedao.exchange.mapping import Mapping, UnusableMappingError, read_mapping
from jiedao.exchange.mapping_faults import MappingError
from jiedao.exchange.message_importer import (
    RIGHT,
    Entry,
    KnownCase,
    MessageImporter,
    Progress,
    find_existing,
    import_rows,
)
from jiedao.exchange.models import MessageImport
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.reading import Limits, Table, read_table
from jiedao.kernel.tables.refused import write_refused_rows
from jiedao.kernel.tables.rows import join_words
from jiedao.orgs.actor import Actor


def _read_mapping_for(table: Table, path: Path) -> Mapping:
    """Read the mapping file; raise MappingError with its faults together with the headers that the table lacks."""
    try:
        return read_mapping(path)
    except UnusableMappingError as fault:
        missing = find_missing_headers(table, fault.mapping)
        raise MappingError(path.name, fault.faults + missing) from fault


def _require_channel(actor: Actor, channel: str | None) -> str:
    """Return the channel of rows that name none; raise NotAllowed, or UserError for an unknown channel."""
    actor.require(RIGHT)
    actor.require("cases.case:report")
    default_channel = channel or Channel.WEB.value
    if default_channel not in Channel.values:
        raise UserError(
            _("来源“%(name)s”不存在。") % {"name": default_channel},
            hint=_("可用的来源：%(codes)s。") % {"codes": join_words(Channel.values)},
            field="channel",
        )
    return default_channel


def _find_layout(table: Table, mapping: Mapping | Path | str | None) -> Layout:
    read = _read_mapping_for(table, Path(mapping)) if isinstance(mapping, Path | str) else mapping
    return find_layout(table, read)


@dataclass(frozen=True)
class Sample:
    """A row as the case that it would become, without who reported it."""

    row: int
    number: str
    subject: str
    place: str
    channel: str
    category_id: int | None
    suggested_id: int | None  # the category that would be suggested where the file has none
    area_path: str
    reported_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    demand: str
    is_new: bool
    is_closed: bool  # an existing case that the row would close


@dataclass(frozen=True)
class MessageCheck:
    """What an import would do: its account, its first rows, and whether rows beyond the limit were not checked."""

    account: Account
    samples: list[Sample]
    has_more: bool
    rows_hint: int | None
    source: str


def check_messages(
    actor: Actor,
    path: Path,
    mapping: Mapping | Path | str | None = None,
    channel: str | None = None,
    *,
    sheet: str | None = None,
    name: str = "",
    limits: Limits | None = None,
    most_rows: int | None = None,
    most_samples: int = 10,
) -> MessageCheck:
    """Return what `import_messages` would do with a table, without writing anything; raise what it raises.

    Args:
        most_rows: check this many rows at most; None for all.
        most_samples: how many of the first rows are returned as cases.
    """
    default_channel = _require_channel(actor, channel)
    samples: list[Sample] = []
    with read_table(path, sheet=sheet, limits=limits, name=name) as table:
        importer = MessageImporter(actor, _find_layout(table, mapping), default_channel, table)

        def preview(entries: list[Entry]) -> None:
            if len(samples) < most_samples:
                first = entries[: most_samples - len(samples)]
                existing = find_existing(first)
                samples.extend(_make_sample(actor, entry, existing.get(entry.key)) for entry in first)
            importer.preview(entries)

        has_more = import_rows(importer, table, None, preview, most_rows)
        return MessageCheck(importer.account, samples, has_more, table.rows_hint, importer.source)


def _suggest(entry: Entry) -> int | None:
    if entry.new.category_id is not None or entry.message.ended_at is not None:
        return None
    suggestions = suggest(entry.new.subject, entry.new.detail)
    return suggestions[0]["category"] if suggestions else None


def _make_sample(actor: Actor, entry: Entry, case: KnownCase | None) -> Sample:
    message, new = entry.message, entry.new
    return Sample(
        row=message.row,
        number=message.number,
        subject=new.subject or new.detail[:60],
        place=new.place_text,
        channel=new.channel,
        category_id=new.category_id,
        suggested_id=_suggest(entry),
        area_path=find_place(new).area_path,
        reported_at=message.reported_at,
        ended_at=message.ended_at,
        due_at=message.due_at,
        demand=message.demand,
        is_new=case is None,
        is_closed=case is not None
        and case.is_open
        and message.ended_at is not None
        and can_close_answered(actor, case.state),
    )


def import_messages(
    actor: Actor,
    path: Path | str,
    mapping: Mapping | Path | str | None = None,
    channel: str | None = None,
    progress: Progress | None = None,
    *,
    sheet: str | None = None,
    name: str = "",
    limits: Limits | None = None,
    import_id: int | None = None,
    allow_doubles: bool = False,
) -> Account:
    """File the messages of a table as cases and return the account.

    A message is identified by its source and its number: importing a file again changes nothing. A row that cannot
    be imported is reported with its number and reason, and the other rows are imported; a row is written completely
    or not at all. A message with the time of its reply or closing becomes a closed case with these times; times
    between them are not invented.

    The cases belong to a `MessageImport`, by which they can be removed together. An import that was interrupted
    continues when the same file is imported again: what it has filed counts as created.

    Args:
        path: a .xlsx, .csv or .tsv file; its content decides, not its name.
        mapping: a mapping file, or the result of `read_mapping`; None to recognise the headers.
        channel: the `Channel` code of rows that name none; None means "WEB".
        progress: called with the number of rows read so far and the approximate total, or None.
        sheet: the name of the sheet of a workbook; None means the first visible one.
        name: the name of the file in messages.
        limits: the resources that the file may use.
        import_id: the `MessageImport` that the cases belong to; None for a new one.
        allow_doubles: import messages too that are cases already under another source.

    Raises:
        NotAllowed: the actor may not import.
        DoublesError: messages are cases already under another source; nothing was imported.
        ImportUndoneError: another process has undone this import while it ran.
        UserError: the file or the mapping cannot be used at all; nothing was imported.
    """
    path = Path(path)
    default_channel = _require_channel(actor, channel)
    if not allow_doubles:
        _refuse_doubles(actor, path, mapping, default_channel, sheet=sheet, name=name, limits=limits)
    digest = _compute_digest(path)
    with read_table(path, sheet=sheet, limits=limits, name=name) as table:
        layout = _find_layout(table, mapping)
        importer = MessageImporter(actor, layout, default_channel, table)
        if import_id is None:
            import_id = start_batch(
                actor,
                path,
                digest,
                source=importer.source,
                channel=default_channel,
                sheet=table.sheet,
                mapping=layout.mapping,
            ).pk
        importer.import_id = importer.account.import_id = import_id
        MessageImport.objects.filter(pk=import_id).update(sha256=digest, allows_doubles=allow_doubles)
        created_before = count_cases(import_id)
        import_rows(importer, table, progress, importer.write)
    account = importer.account
    account.created += created_before
    account.existing -= created_before
    finish_batch(import_id, account)
    after = {**account.counts(), "sha256": digest, "stopped": bool(account.stopped)}
    record_entry(actor=actor, action=RIGHT, obj_type="exchange.file", obj_id=import_id, after=after)
    return account


def _compute_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_doubles(
    actor: Actor,
    path: Path,
    mapping: Mapping | Path | str | None,
    channel: str,
    *,
    sheet: str | None,
    name: str,
    limits: Limits | None,
) -> None:
    """Raise DoublesError before anything is written: the other rows of the file are of the wrong source too."""
    with read_table(path, sheet=sheet, limits=limits, name=name) as table:
        importer = MessageImporter(actor, _find_layout(table, mapping), channel, table)
        importer.find_doubles(table)
        if importer.account.doubles.count:
            raise DoublesError(importer.account.doubles)


def write_refused_messages(
    account: Account, path: Path, target: Path, *, sheet: str | None = None, limits: Limits | None = None
) -> int:
    """Write the rows of an imported file that were refused, with their reasons, to a sheet; return how many.

    Args:
        account: the account of the import of the file at `path`.
        target: a .csv file or a workbook; by the suffix of its name.
    """
    with read_table(path, sheet=sheet, limits=limits) as table:
        return write_refused_rows(table, account.passed_over.header_row, account.reasons, target)
