"""Citizens' messages from a file into cases."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record
from jiedao.cases import catalogue
from jiedao.cases.actions.history import History, file_histories
from jiedao.cases.actions.intake import NewCase, clean, file_cases
from jiedao.cases.flow import State
from jiedao.cases.models import Case, Channel
from jiedao.exchange.account import Account
from jiedao.exchange.channels import channel_code
from jiedao.exchange.dates import TOLERANCE
from jiedao.exchange.layout import Layout, find_layout, missing_headers
from jiedao.exchange.mapping import Mapping, UnusableMappingError, read_mapping
from jiedao.exchange.mapping_faults import MappingError
from jiedao.exchange.reading import Message, RowReader
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.reading import Limits, Table, read_table
from jiedao.kernel.tables.rows import CellFault, Row, listing
from jiedao.orgs.actor import Actor

RIGHT = "exchange.messages:import"
# Few commits for a whole file: each waits for the disk, and holds up other writers for less than a second.
BATCH = 1000
Progress = Callable[[int, int | None], None]
# The fields of a new case under the names that a table has for them.
_FIELDS = {"place_text": "place", "lon": "lon", "channel": "channel", "category": "category"}


@dataclass(frozen=True)
class _Entry:
    """A row ready to be written."""

    message: Message
    new: NewCase

    @property
    def key(self) -> str:
        return self.new.source_key or ""

    def history(self) -> History:
        """Return the case with the two times that the file knows; what lay between stays empty."""
        message = self.message
        return History(
            new=self.new,
            state=State.DONE.value,
            category_id=self.new.category_id,
            reply_at=message.replied_at,
            reply=message.reply,
            closed_at=message.ended_at,
        )


def _categories() -> dict[str, int]:
    """Map what a file may call a category to its id: name, code, kind and code; of two the smaller class."""
    found: dict[str, int] = {}
    rows = sorted(catalogue.CATEGORIES.get().values(), key=lambda row: (row.parent_id is not None, row.kind))
    for info in rows:
        if info.active:
            found.update(
                dict.fromkeys((info.name, info.name_en, info.code, f"{info.kind}:{info.code}"), info.id)
            )
    found.pop("", None)
    return found


class _Import:
    """One file going in."""

    def __init__(self, actor: Actor, layout: Layout, channel: str, serial_shift: int) -> None:
        self.actor, self.layout, self.channel = actor, layout, channel
        self.account = Account()
        mapping = layout.mapping
        self._system = mapping.system if mapping else "WGS84"
        self._source = (mapping.source if mapping else "") or channel.lower()
        self._reader = RowReader(layout, clock.now(), serial_shift)
        self._category_of = _categories()
        self._seen: dict[str, tuple[int, int]] = {}  # number -> row and digest of what it said

    def read(self, row: Row) -> _Entry | None:
        """Return the row as a case to file, or note why it is none."""
        self.account.read += 1
        try:
            message = self._reader.read(row)
            new = self._new_case(message)
            clean(new)
        except CellFault as fault:
            self.account.refuse(row.number, fault.column, fault.reason)
            return None
        except UserError as fault:
            self._refuse(row.number, fault)
            return None
        return None if self._again(message) else _Entry(message, new)

    def write(self, entries: list[_Entry]) -> None:
        """Write the entries in one transaction; when one of them cannot go in, each in its own."""
        there = Case.objects.filter(source_key__in=[entry.key for entry in entries])
        found = there.values_list("source_key", "number", "reported_at", "closed_at")
        known = {key: (number, at, closed) for key, number, at, closed in found}
        fresh = [entry for entry in entries if entry.key not in known]
        for entry in entries:
            if entry.key in known:
                self._existing(entry, *known[entry.key])
        try:
            self._file(fresh)
        except (UserError, DataError, IntegrityError):
            for entry in fresh:
                self._write_alone(entry)

    def _existing(
        self, entry: _Entry, number: str, reported_at: datetime, closed_at: datetime | None
    ) -> None:
        """Count a row whose number is known; another time tells another message, which is not passed over."""
        message = entry.message
        if abs(message.reported_at - reported_at) > TOLERANCE:
            reason = _(
                "这个编号已是案件 %(number)s（%(at)s 上报），时间不同；如果文件来自另一个系统，"
                "请在对照文件里写 source，或用 --channel 分开。"
            )
            shown = f"{reported_at.astimezone(clock.TOWN_TZ):%Y-%m-%d %H:%M}"
            title = self.layout.titles["number"]
            self.account.refuse(message.row, title, reason % {"number": number, "at": shown})
            return
        self.account.existing += 1
        if message.ended_at is not None and closed_at is None:
            text = _("已有的案件还没有结案，文件里却有答复或结案时间：没有改动，请在案件里办结。")
            self.account.notes[text] += 1

    def _write_alone(self, entry: _Entry) -> None:
        try:
            self._file([entry])
        except UserError as fault:
            self._refuse(entry.message.row, fault)
        except (DataError, IntegrityError) as fault:
            reason = _("数据库不接受这一行（%(reason)s）；请检查其中的特殊字符。") % {
                "reason": str(fault).splitlines()[0]
            }
            self.account.refuse(entry.message.row, "", reason)

    def _file(self, entries: list[_Entry]) -> None:
        """File open matters and those with their end, all or none."""
        waiting = [entry for entry in entries if entry.message.ended_at is None]
        over = [entry for entry in entries if entry.message.ended_at is not None]
        with transaction.atomic():
            filed = file_cases([entry.new for entry in waiting], actor=self.actor) if waiting else []
            filed += file_histories([entry.history() for entry in over], actor=self.actor) if over else []
        made = sum(case.created for case in filed)
        self.account.created += made
        self.account.existing += len(filed) - made
        self._note(entries, sum(case.outside for case in filed))

    def _note(self, entries: list[_Entry], outside: int) -> None:
        notes = self.account.notes
        if outside:
            notes[_("坐标在辖区之外：案件不归任何网格，地点按原文保留。")] += outside
        for entry in entries:
            if entry.message.category and entry.new.category_id is None:
                text = _("分类“%(name)s”不在类别表里：没有采用，由受理人员选择。")
                notes[text % {"name": entry.message.category[:40]}] += 1

    def _new_case(self, message: Message) -> NewCase:
        return NewCase(
            channel=self._channel_of(message),
            subject=message.subject,
            detail=message.detail,
            place_text=message.place,
            lon=message.lon,
            lat=message.lat,
            coord_system=self._system,
            category_id=self._category_of.get(message.category),
            source_key=f"{self._source}:{message.number}",
            reporter_name=message.name,
            reporter_phone=message.phone,
            reporter_ref=message.reporter,
            reported_at=message.reported_at,
            votes_for=message.votes_for,
            votes_against=message.votes_against,
        )

    def _channel_of(self, message: Message) -> str:
        if not message.channel:
            return self.channel
        code = channel_code(message.channel)
        if not code:
            raise CellFault(
                _("不认识来源“%(name)s”；请在对照文件的 [values.channel] 里写明它是 %(codes)s 中的哪一个。")
                % {"name": message.channel[:40], "codes": listing(Channel.values)},
                self.layout.titles["channel"],
            )
        return code

    def _again(self, message: Message) -> bool:
        """Tell whether the number was in an earlier row of this file, and count it."""
        digest = hash((message.subject, message.detail, message.reported_at))
        row, said = self._seen.setdefault(message.number, (message.row, digest))
        if row == message.row:
            return False
        if said == digest:
            self.account.existing += 1
        else:
            reason = _("编号与第 %(row)d 行相同，内容却不同；请核对编号。") % {"row": row}
            self.account.refuse(message.row, self.layout.titles["number"], reason)
        return True

    def _refuse(self, row: int, fault: UserError) -> None:
        field = _FIELDS.get(fault.field, fault.field)
        self.account.refuse(row, self.layout.titles.get(field, ""), str(fault))


def _run(work: _Import, table: Table, progress: Progress | None) -> None:
    """Write batch by batch; a file that breaks half way keeps what was read before."""
    entries: list[_Entry] = []
    account = work.account

    for row in _until_broken(table.body(work.layout.header), account):
        if entry := work.read(row):
            entries.append(entry)
        if len(entries) >= BATCH:
            work.write(entries)
            entries = []
        if progress and account.read % 100 == 0:
            progress(account.read, table.rows_hint)
    work.write(entries)
    if not account.read and not account.stopped:
        account.notes[_("表头下面没有一行内容；请确认导出的文件是全的。")] += 1
    if progress:
        progress(account.read, account.read)


def _until_broken(rows: Iterable[Row], account: Account) -> Iterable[Row]:
    try:
        yield from rows
    except UserError as fault:
        account.stopped = str(fault)


def _mapping_for(table: Table, path: Path) -> Mapping:
    """Read the mapping file; raise MappingError with its own faults and the headers that the table lacks, at once."""
    try:
        return read_mapping(path)
    except UnusableMappingError as fault:
        more = missing_headers(table, fault.mapping)
        raise MappingError(path.name, fault.faults + more) from fault


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
) -> Account:
    """File the messages of a table as cases and return the account.

    A message is known by its source and its number: importing a file again changes nothing. A row that cannot
    go in is noted with its number and reason, and the rest goes in; a row is whole or not there. A message with
    the time of its reply or closing enters as a closed case with these times; what lay between is not invented.

    Args:
        path: .xlsx, .csv or .tsv, told by content.
        mapping: a mapping file or what `read_mapping` gave; None to recognise the headers.
        channel: the `Channel` code of rows that name none; "WEB" when None.
        progress: called with the rows read so far and about how many there are, or None.
        sheet: which sheet of a workbook; the first visible one when None.
        name: what to call the file in messages.
        limits: what the file may ask of the machine.

    Raises:
        NotAllowed: the actor may not import.
        UserError: the file or the mapping cannot be used at all; nothing is in.
    """
    actor.need(RIGHT)
    actor.need("cases.case:report")
    path = Path(path)
    chosen = channel or Channel.WEB.value
    if chosen not in Channel.values:
        raise UserError(
            _("来源“%(name)s”不存在。") % {"name": chosen},
            hint=_("可用的来源：%(codes)s。") % {"codes": listing(Channel.values)},
            field="channel",
        )
    with read_table(path, sheet=sheet, limits=limits, name=name) as table:
        known = _mapping_for(table, Path(mapping)) if isinstance(mapping, Path | str) else mapping
        work = _Import(actor, find_layout(table, known), chosen, table.serial_shift)
        _run(work, table, progress)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    after = {**work.account.counts(), "sha256": digest, "stopped": bool(work.account.stopped)}
    record(actor=actor, action=RIGHT, obj_type="exchange.file", obj_id=None, after=after)
    return work.account
