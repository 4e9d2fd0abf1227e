"""Read the rows of one file of messages, and file them as cases or count what filing would do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.actions.answered import can_close_answered, close_answered
from jiedao.cases.actions.history import History, file_histories
from jiedao.cases.actions.intake import NewCase, clean_new_case, file_cases, find_place
from jiedao.cases.flow import OPEN, State
from jiedao.cases.models import Case, CaseSource, Channel
from jiedao.cases.phones import read_reporter_phone
from jiedao.cases.reporters import is_placeholder
from jiedao.cases.source_keys import fold_source_key
from jiedao.cases.sources import SourceTerms, has_new_terms, read_sources, update_source
from jiedao.cases.suggesting import suggest
from jiedao.exchange.account import Account, Foresight
from jiedao.exchange.batches import ImportUndoneError, require_not_undone
from jiedao.exchange.channels import find_channel_code
from jiedao.exchange.dates import TOLERANCE
from jiedao.exchange.doubles import DoubleFinder
from jiedao.exchange.layout import Layout
from jiedao.exchange.reading import Message, RowReader
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.folding import fold_key
from jiedao.kernel.tables.reading import Table
from jiedao.kernel.tables.rows import CellFault, Row, format_cell, join_words
from jiedao.orgs.actor import Actor

RIGHT = "exchange.messages:import"
# A large batch means few commits, each of which waits for the disk; it blocks other writers for less than a second.
BATCH = 1000
EXAMPLE_NUMBERS = ("示例", "example")  # the number in the example row of the template
Progress = Callable[[int, int | None], None]
# The fields of a message table by the names of the fields of a new case.
_TABLE_FIELDS = {"place_text": "place", "lon": "lon", "channel": "channel", "category": "category"}


@dataclass(frozen=True)
class Entry:
    """A row that is ready to be written."""

    message: Message
    new: NewCase

    @property
    def key(self) -> str:
        return self.new.source_key or ""

    def history(self) -> History:
        """Return the closed case with the times that the file contains; the times between them stay empty."""
        message = self.message
        return History(
            new=self.new,
            state=State.DONE.value,
            category_id=self.new.category_id,
            reply_at=message.replied_at,
            reply=message.reply,
            closed_at=message.ended_at,
        )


def _map_categories() -> dict[str, int]:
    """Return category ids by folded name, English name, code, and kind with code; a subcategory takes precedence."""
    ids: dict[str, int] = {}
    categories = sorted(
        catalogue.CATEGORIES.get().values(), key=lambda row: (row.parent_id is not None, row.kind)
    )
    for category in categories:
        if category.active:
            names = (category.name, category.name_en, category.code, f"{category.kind}:{category.code}")
            ids.update(dict.fromkeys(map(fold_key, names), category.id))
    ids.pop("", None)
    return ids


def _foresee(entry: Entry, foresight: Foresight) -> None:
    """Count where the category and the place of a new case would come from."""
    new = entry.new
    if new.category_id is not None:
        foresight.given += 1
    elif entry.message.ended_at is None and suggest(new.subject, new.detail):
        foresight.suggested += 1
    else:
        foresight.no_category += 1
    place = find_place(new)
    if place.area_id is not None:
        foresight.placed += 1
    elif place.outside:
        foresight.outside += 1
    else:
        foresight.no_place += 1


@dataclass(frozen=True)
class KnownCase:
    """A case that was filed from a row with the same number."""

    id: int
    number: str
    reported_at: datetime
    state: str

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its end."""
        return self.state in OPEN


def find_existing(entries: list[Entry]) -> dict[str, KnownCase]:
    """Return the cases of the entries that were filed before, by source key."""
    rows = Case.objects.filter(source_key__in=[entry.key for entry in entries])
    columns = rows.values_list("source_key", "id", "number", "reported_at", "state")
    return {key or "": KnownCase(pk, number, at, state) for key, pk, number, at, state in columns}


class MessageImporter:
    """The import of one file."""

    def __init__(
        self, actor: Actor, layout: Layout, channel: str, table: Table, import_id: int | None = None
    ) -> None:
        self.actor, self.layout, self.channel, self.import_id = actor, layout, channel, import_id
        self.account = Account(passed_over=table.passed_over, import_id=import_id)
        mapping = layout.mapping
        self._system = mapping.system if mapping else "WGS84"
        self.source = (mapping.source if mapping else "") or channel.lower()
        self._reader = RowReader(layout, clock.now(), table.serial_shift)
        self._category_ids = _map_categories()
        # number -> its first row and the digest of its content
        self._rows_by_number: dict[str, tuple[int, int]] = {}
        self._finder: DoubleFinder | None = None

    def is_example(self, row: Row) -> bool:
        """Return whether a row is the example of the template."""
        return format_cell(self.layout.get("number", row)).lower() in EXAMPLE_NUMBERS

    def read(self, row: Row) -> Entry | None:
        """Return the row as a case to file; None when it is refused or repeated, which is counted."""
        self.account.read += 1
        try:
            message = self._reader.read(row)
            new = self._make_case(message)
            clean_new_case(new)
        except CellFault as fault:
            self.account.refuse(row.number, fault.column, fault.reason)
            return None
        except UserError as fault:
            self._refuse_row(row.number, fault)
            return None
        return None if self._is_repeated(message) else Entry(message, new)

    @property
    def finder(self) -> DoubleFinder:
        """What finds the doubles of this file; the other sources are read once."""
        if self._finder is None:
            self._finder = DoubleFinder(self.source)
            self.account.doubles = self._finder.doubles
        return self._finder

    def find_doubles(self, table: Table) -> None:
        """Count the doubles of the complete file by the numbers and times of its rows alone."""
        rows: dict[str, tuple[int, datetime]] = {}
        if not self.finder.others:
            return
        for row in _read_until_broken(table.body(self.layout.header), Account()):
            if self.is_example(row):
                continue
            try:
                number, at = self._reader.read_key(row)
            except CellFault:
                continue
            rows.setdefault(number, (row.number, at))
            if len(rows) >= BATCH:
                self.finder.count(rows)
                rows = {}
        self.finder.count(rows)

    def write(self, entries: list[Entry]) -> None:
        """Write the entries in one transaction; when that fails, write each in its own."""
        existing = find_existing(entries)
        new_entries = [entry for entry in entries if entry.key not in existing]
        known = [(entry, existing[entry.key]) for entry in entries if entry.key in existing]
        with_terms = [case.id for entry, case in known if entry.new.terms is not None and case.is_open]
        sources = read_sources(with_terms) if with_terms else {}
        for entry, case in known:
            if self._count_existing(entry, case):
                self._follow_source(entry, case, sources)
        try:
            self._file_entries(new_entries)
        except ImportUndoneError:
            raise
        except (UserError, DataError, IntegrityError):
            for entry in new_entries:
                self._write_alone(entry)

    def preview(self, entries: list[Entry]) -> None:
        """Count what `write` would do, and write nothing."""
        existing = find_existing(entries)
        new_entries = [entry for entry in entries if entry.key not in existing]
        for entry in entries:
            if entry.key in existing and self._count_existing(entry, existing[entry.key]):
                self._preview_answer(entry, existing[entry.key])
        self.account.created += len(new_entries)
        self.finder.count(
            {entry.message.number: (entry.message.row, entry.message.reported_at) for entry in new_entries}
        )
        foresight = self.account.foresight = self.account.foresight or Foresight()
        outside_before = foresight.outside
        for entry in new_entries:
            _foresee(entry, foresight)
        self._note_unused_values(new_entries, foresight.outside - outside_before)

    def _count_existing(self, entry: Entry, case: KnownCase) -> bool:
        """Count a row whose number is known; refuse it when its time differs, as it is then another message."""
        message = entry.message
        if abs(message.reported_at - case.reported_at) > TOLERANCE:
            reason = _(
                "这个编号已是案件 %(number)s（%(at)s 上报），时间不同；如果文件来自另一个系统，"
                "请在对照文件里写 source，或用 --channel 分开。"
            )
            reported_text = f"{case.reported_at.astimezone(clock.TOWN_TZ):%Y-%m-%d %H:%M}"
            title = self.layout.titles["number"]
            self.account.refuse(message.row, title, reason % {"number": case.number, "at": reported_text})
            return False
        self.account.existing += 1
        return True

    def _preview_answer(self, entry: Entry, case: KnownCase) -> None:
        if entry.message.ended_at is None or not case.is_open:
            return
        if can_close_answered(self.actor, case.state):
            self.account.answered += 1
        else:
            reason = _("正在“%(state)s”：文件里的答复不会办结它。") % {"state": State(case.state).label}
            self.account.leave_open(entry.message.row, case.number, reason)

    def _follow_source(self, entry: Entry, case: KnownCase, sources: dict[int, CaseSource]) -> None:
        """Take over changed terms and the answer of the other office into a case that is still open."""
        message, terms = entry.message, entry.new.terms
        if not case.is_open:
            return
        if terms is not None and has_new_terms(sources.get(case.id), terms):
            update_source(self.actor, Case.objects.get(pk=case.id), terms)
            self.account.notes[_("来件方的时限或要求有变，已更新到案件。")] += 1
        if message.ended_at is None:
            return
        remark = close_answered(self.actor, case.id, case.state, message.reply, message.ended_at)
        if remark:
            self.account.leave_open(message.row, case.number, remark)
        else:
            self.account.answered += 1

    def _write_alone(self, entry: Entry) -> None:
        try:
            self._file_entries([entry])
        except ImportUndoneError:
            raise
        except UserError as fault:
            self._refuse_row(entry.message.row, fault)
        except (DataError, IntegrityError) as fault:
            reason = _("数据库不接受这一行（%(reason)s）；请检查其中的特殊字符。") % {
                "reason": str(fault).splitlines()[0]
            }
            self.account.refuse(entry.message.row, "", reason)

    def _file_entries(self, entries: list[Entry]) -> None:
        """File open and closed matters, all or none of them."""
        open_entries = [entry for entry in entries if entry.message.ended_at is None]
        closed_entries = [entry for entry in entries if entry.message.ended_at is not None]
        with transaction.atomic():
            if self.import_id is not None:
                require_not_undone(self.import_id)
            filed = []
            if open_entries:
                filed += file_cases([entry.new for entry in open_entries], actor=self.actor)
            if closed_entries:
                filed += file_histories([entry.history() for entry in closed_entries], actor=self.actor)
        created = sum(case.created for case in filed)
        self.account.created += created
        self.account.existing += len(filed) - created
        self._note_unused_values(entries, sum(case.outside for case in filed))

    def _note_unused_values(self, entries: list[Entry], outside: int) -> None:
        notes = self.account.notes
        if outside:
            notes[_("坐标在辖区之外：案件不归任何网格，地点按原文保留。")] += outside
        for entry in entries:
            notes.update(entry.message.notes)
            if is_placeholder(entry.message.reporter, entry.message.name, entry.message.phone):
                notes[_("“匿名”“无”“不详”一类的话不算姓名、电话或用户：没有采用，各按一人计。")] += 1
            if entry.message.category and entry.new.category_id is None:
                text = _("分类“%(name)s”不在类别表里：没有采用，由受理人员选择。")
                notes[text % {"name": entry.message.category[:40]}] += 1
            if read_reporter_phone(entry.new.reporter_phone).faults:
                notes[_("电话不是可以拨打的号码：按原文保存，在案件上标为“号码有误”。")] += 1

    def _make_case(self, message: Message) -> NewCase:
        return NewCase(
            channel=self._choose_channel(message),
            subject=message.subject,
            detail=message.detail,
            place_text=message.place,
            lon=message.lon,
            lat=message.lat,
            coord_system=self._system,
            category_id=self._category_ids.get(fold_key(message.category)),
            source_key=fold_source_key(f"{self.source}:{message.number}"),
            reporter_name=message.name,
            reporter_phone=message.phone,
            marks_bad_phone=True,
            reporter_ref=message.reporter,
            reported_at=message.reported_at,
            votes_for=message.votes_for,
            votes_against=message.votes_against,
            terms=self._make_terms(message),
        )

    def _make_terms(self, message: Message) -> SourceTerms | None:
        terms = SourceTerms(
            due_at=message.due_at,
            demand=message.demand,
            event_at=message.event_at,
            wants_reply=message.wants_reply,
            wants_visit=message.wants_visit,
            import_id=self.import_id,
        )
        return terms if terms != SourceTerms() else None

    def _choose_channel(self, message: Message) -> str:
        if not message.channel:
            return self.channel
        code = find_channel_code(message.channel)
        if not code:
            raise CellFault(
                _("不认识来源“%(name)s”；请在对照文件的 [values.channel] 里写明它是 %(codes)s 中的哪一个。")
                % {"name": message.channel[:40], "codes": join_words(Channel.values)},
                self.layout.titles["channel"],
            )
        return code

    def _is_repeated(self, message: Message) -> bool:
        """Return whether an earlier row of this file has the number, and count the row if so."""
        digest = hash((message.subject, message.detail, message.reported_at))
        first_row, first_digest = self._rows_by_number.setdefault(message.number, (message.row, digest))
        if first_row == message.row:
            return False
        if first_digest == digest:
            self.account.existing += 1
        else:
            reason = _("编号与第 %(row)d 行相同，内容却不同；请核对编号。") % {"row": first_row}
            self.account.refuse(message.row, self.layout.titles["number"], reason)
        return True

    def _refuse_row(self, row: int, fault: UserError) -> None:
        field = _TABLE_FIELDS.get(fault.field, fault.field)
        self.account.refuse(row, self.layout.titles.get(field, ""), str(fault))


def import_rows(
    importer: MessageImporter,
    table: Table,
    progress: Progress | None,
    use: Callable[[list[Entry]], None],
    most: int | None = None,
) -> bool:
    """Read the rows and use them in batches; return whether the file has more than `most` rows.

    When the file breaks, the rows read before are used.
    """
    entries: list[Entry] = []
    account, has_more = importer.account, False

    for row in _read_until_broken(table.body(importer.layout.header), account):
        if importer.is_example(row):
            account.passed_over.example_rows += 1
            continue
        if most is not None and account.read >= most:
            has_more = True
            break
        if entry := importer.read(row):
            entries.append(entry)
        if len(entries) >= BATCH:
            use(entries)
            entries = []
        if progress and account.read % 100 == 0:
            progress(account.read, table.rows_hint)
    use(entries)
    if not account.read and not account.stopped:
        account.notes[_("表头下面没有一行内容；请确认导出的文件是全的。")] += 1
    if progress:
        progress(account.read, account.read)
    return has_more


def _read_until_broken(rows: Iterable[Row], account: Account) -> Iterable[Row]:
    try:
        yield from rows
    except UserError as fault:
        account.stopped = str(fault)
