"""Imports as batches: the check that writes nothing, doubles under another source, and undoing."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.db import connection

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases.actions.removing import find_touched_cases
from jiedao.cases.jobs import watch_clocks
from jiedao.cases.models import Case, CaseMove, Clock, CountChange, Reporter
from jiedao.cases.moves.perform import perform
from jiedao.exchange import message_importer
from jiedao.exchange.batches import ImportUndoneError, get_import
from jiedao.exchange.commands import import_group
from jiedao.exchange.messages import check_messages, import_messages
from jiedao.exchange.models import MessageImport
from jiedao.exchange.tests.books import make_csv
from jiedao.exchange.undoing import TouchedError, undo_import
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale
from jiedao.notices.models import Notice
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town, make_town

pytestmark = pytest.mark.django_db
HEAD = "编号,标题,内容,留言时间,答复意见,答复时间,姓名,联系电话\n"
OPEN = "{n},路灯不亮,门口的路灯不亮。,2020-03-02 9:{n:02d},,,陈先生,13800138000\n"
ENDED = "{n},井盖,井盖响。,2020-03-02 9:{n:02d},已修好,2020-03-04 10:00,,\n"
EMPTY = [Case, CaseMove, Clock, Reporter]


@pytest.fixture
def town() -> Town:
    return make_town()


def write_file(folder: Path, *lines: str) -> Path:
    return make_csv(folder / "来件.csv", HEAD + "".join(lines))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(import_group, [*map(str, arguments)])


def count_search_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_searchrow")
        return int(cursor.fetchone()[0])


def sum_counts() -> dict[str, int]:
    """Return the sum of everything that waits to be added to the stored counts, where it is not 0."""
    total: dict[str, int] = {}
    for change in CountChange.objects.all():
        for *cell, number in change.entries:
            total[str(cell)] = total.get(str(cell), 0) + number
    return {cell: number for cell, number in total.items() if number}


def test_a_dry_run_states_what_would_be_and_writes_nothing(town: Town, tmp_path: Path) -> None:
    run("messages", write_file(tmp_path, OPEN.format(n=1)))
    before = [model.objects.count() for model in (*EMPTY, MessageImport, Entry)]
    path = write_file(tmp_path, OPEN.format(n=1), OPEN.format(n=2), ENDED.format(n=3), "4,坏,坏,去年,,,,\n")

    text = run("messages", path, "--dry-run")
    document = json.loads(run("messages", path, "--dry-run", "--json").stdout)

    assert "读 4 条：会新建 2 条，已有 1 条，不能导入 1 条。" in text.stdout
    assert "没有写入任何内容" in text.stdout
    assert "第 5 行“留言时间”" in text.stderr
    assert (document["created"], document["existing"], document["refused"]) == (2, 1, 1)
    assert document["errors"][0]["row"] == 5
    assert sum(document["foresight"][name] for name in ("given", "suggested", "no_category")) == 2
    assert sum(document["foresight"][name] for name in ("placed", "outside", "no_place")) == 2
    assert [sample["is_new"] for sample in document["samples"]] == [False, True, True]
    assert "13800138000" not in json.dumps(document)
    assert before == [model.objects.count() for model in (*EMPTY, MessageImport, Entry)]


def test_the_same_messages_under_another_channel_are_refused_before_anything_is_written(
    town: Town, tmp_path: Path
) -> None:
    path = write_file(tmp_path, *(OPEN.format(n=n) for n in range(1, 29)))
    run("messages", path)
    path = write_file(tmp_path, *(OPEN.format(n=n) for n in range(1, 31)))

    refused = run("messages", path, "--channel", "HOTLINE")
    checked = run("messages", path, "--channel", "HOTLINE", "--dry-run")

    assert "28 行的编号和时间，与从“网上留言”来的案件相同" in str(refused.exception)
    assert "第 2 行 1 是案件 2020-" in str(refused.exception)
    assert "WEB" in str(refused.exception)
    assert "--allow-doubles" in str(refused.exception)
    assert (checked.exit_code, Case.objects.count(), MessageImport.objects.count()) == (1, 28, 1)
    assert "28 行的编号和时间" in checked.stdout
    allowed = run("messages", path, "--channel", "HOTLINE", "--allow-doubles", "--json")
    assert json.loads(allowed.stdout)["created"] == 30
    again = run("messages", path, "--channel", "HOTLINE")  # these are cases of this source now
    assert again.exit_code == 0
    assert "已有 30 条" in again.stdout


def test_an_undone_import_leaves_nothing_but_its_audit_entries(town: Town, tmp_path: Path) -> None:
    run("messages", write_file(tmp_path, OPEN.format(n=9)))
    kept = Case.objects.get()
    before = ([model.objects.count() for model in EMPTY], count_search_rows(), sum_counts())
    run("messages", write_file(tmp_path, OPEN.format(n=1), ENDED.format(n=2)))
    row = MessageImport.objects.latest("id")
    user = User.objects.first()
    assert user is not None
    numbers = dict(Case.objects.exclude(pk=kept.pk).values_list("pk", "number"))
    for pk in numbers:
        Notice.objects.create(
            user=user, object_type="cases.case", object_id=pk, key=f"x{pk}", read_at=clock.now()
        )

    result = run("undo", row.pk)

    assert result.exit_code == 0, result.output
    assert "撤销了 2 件，编号不再使用。" in result.stdout
    assert "删除了 2 条通知，其中 2 条已读。" in result.stdout
    assert ([model.objects.count() for model in EMPTY], count_search_rows(), sum_counts()) == before
    assert not Notice.objects.filter(object_id__in=numbers).exists()
    row.refresh_from_db()
    assert (row.removed, row.undone_at is not None) == (2, True)
    entry = Entry.objects.get(action="exchange.messages:undo")
    assert (entry.object_id, entry.after["removed"]) == (row.pk, 2)
    assert entry.after["removed_ids"] == [[min(numbers), max(numbers)]]
    listed = json.loads(run("list", "--json").stdout)
    assert [(line["id"], line["cases"], line["removed"]) for line in listed] == [
        (row.pk, 0, 2),
        (row.pk - 1, 1, 0),
    ]
    assert isinstance(run("undo", row.pk).exception, Stale)
    run("messages", write_file(tmp_path, OPEN.format(n=1), ENDED.format(n=2)))
    assert Case.objects.count() == 3
    assert not Case.objects.filter(number__in=numbers.values()).exists()


def test_an_import_with_a_touched_case_is_refused_or_undone_without_it(town: Town, tmp_path: Path) -> None:
    run("messages", write_file(tmp_path, *(OPEN.format(n=n) for n in range(1, 4))))
    row, case = MessageImport.objects.get(), Case.objects.earliest("id")
    perform(town.actor("shift"), case.pk, "COMMENT", data={"note": "打过电话"})

    refused = run("undo", row.pk)
    dry_run = run("undo", row.pk, "--dry-run")

    assert isinstance(refused.exception, TouchedError)
    assert f"{case.number} 待受理 (已有人办理)" in str(refused.exception)
    assert (dry_run.exit_code, Case.objects.count()) == (1, 3)
    assert "可以撤销 2 件，已有人办过 1 件。" in dry_run.stdout
    done = run("undo", row.pk, "--untouched")
    assert "撤销了 2 件" in done.stdout
    assert "已有人办过的 1 件留下" in done.stdout
    assert Case.objects.get() == case


def test_warnings_of_the_worker_are_no_work_of_a_person(town: Town, tmp_path: Path) -> None:
    run("messages", write_file(tmp_path, OPEN.format(n=1)))
    case = Case.objects.get()
    past = clock.now() - timedelta(minutes=5)
    Clock.objects.filter(case=case).update(due_at=past, overdue_at=None, next_look_at=past)

    watch_clocks()

    assert CaseMove.objects.filter(case=case, move="OVERDUE").exists()
    assert find_touched_cases([case.pk]) == []


def test_a_user_undoes_own_imports_only(town: Town, tmp_path: Path) -> None:
    run("messages", write_file(tmp_path, OPEN.format(n=1)))

    with pytest.raises(NotAllowed):
        undo_import(actor=town.actor("shift"), import_id=MessageImport.objects.get().pk)

    assert Case.objects.count() == 1


def test_an_import_that_runs_ends_when_it_is_undone(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_importer, "BATCH", 2)
    path = write_file(tmp_path, *(OPEN.format(n=n) for n in range(1, 7)))
    real = message_importer.import_rows

    def import_rows(importer: Any, table: Any, progress: Any, use: Any, most: Any = None) -> bool:
        def use_and_undo(entries: Any) -> None:
            use(entries)
            if not MessageImport.objects.get().undone_at:
                undo_import(actor=make_system_actor(), import_id=MessageImport.objects.get().pk)

        return real(importer, table, progress, use_and_undo, most)

    monkeypatch.setattr("jiedao.exchange.messages.import_rows", import_rows)

    with pytest.raises(ImportUndoneError):
        import_messages(make_system_actor(), path)

    assert not Case.objects.exists()


def test_an_interrupted_import_continues_as_the_same_batch(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_importer, "BATCH", 2)
    path = write_file(tmp_path, *(OPEN.format(n=n) for n in range(1, 7)))
    file_cases = message_importer.file_cases
    calls: list[int] = []

    def die_at_the_second(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return file_cases(*args, **kwargs)

    monkeypatch.setattr(message_importer, "file_cases", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        import_messages(make_system_actor(), path)
    assert "没有导完" in run("list").stdout
    assert Case.objects.count() == 2
    monkeypatch.setattr(message_importer, "file_cases", file_cases)

    account = import_messages(make_system_actor(), path)

    assert account.counts() == {"read": 6, "created": 6, "existing": 0, "refused": 0}
    assert (Case.objects.count(), MessageImport.objects.count()) == (6, 1)
    row = get_import(account.import_id or 0)
    assert (row.created, row.finished_at is not None) == (6, True)
    assert undo_import(actor=make_system_actor(), import_id=row.pk).removed == 6


def test_a_check_finds_no_doubles_in_other_times(town: Town, tmp_path: Path) -> None:
    import_messages(make_system_actor(), write_file(tmp_path, OPEN.format(n=1)))
    other = OPEN.format(n=1).replace("2020-03-02", "2020-04-02")

    check = check_messages(make_system_actor(), write_file(tmp_path, other), None, "HOTLINE")

    assert (check.account.created, check.account.doubles.count) == (1, 0)
