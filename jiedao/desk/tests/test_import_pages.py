"""The import of messages on the page: upload, check, background task, chosen columns, export back."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiedao.audit.models import Entry
from jiedao.cases.models import Case, CaseSource
from jiedao.cases.moves.perform import perform
from jiedao.desk.imports import running
from jiedao.desk.tests.conftest import SignedIn
from jiedao.exchange import message_importer
from jiedao.exchange.models import MessageImport, MessageMapping
from jiedao.kernel.jobs import run_pending
from jiedao.orgs.models import Post
from jiedao.tasks.models import Task, TaskState
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db
HERE = "/desk/imports/"
HEAD = "工单号,诉求标题,诉求内容,诉求时间,诉求类型,办理时限,诉求人,联系电话\n"
GOOD = "A1,路灯不亮,门口的路灯不亮。,2020-03-02 9:00,投诉,2020-03-05,陈先生,13800138000\n"
BAD = "A2,井盖,井盖响。,去年,投诉,,,\n"
ODD = "流水,啥事,啥时候\nX1,下水道堵了,2020/3/2\n"


@pytest.fixture
def clerk(town: Town, signed_in: SignedIn, settings: Any, tmp_path: Path) -> Client:
    settings.JIEDAO_DATA = tmp_path
    grant(town, "registrar", "exchange.messages:import")
    return signed_in("registrar")


def grant(town: Town, username: str, right: str) -> None:
    post = Post.objects.get(pk=town.posts[username].pk)
    post.permissions = [*post.permissions, right]
    post.save()


def send(client: Client, text: str, **more: str) -> Any:
    file = SimpleUploadedFile("工单.csv", text.encode(), content_type="text/csv")
    return client.post(HERE, {"file": file, "channel": "HOTLINE", **more}, follow=True)


def read_hidden(page: str) -> dict[str, str]:
    form = page[re.search(r'<form method="post"( class="imp-ask")?>', page).start() :]  # type: ignore[union-attr]
    return dict(re.findall(r'type="hidden" name="(token|channel|sheet|mapping)" value="([^"]*)"', form))


def start(client: Client, text: str) -> Any:
    return client.post(f"{HERE}check/", read_hidden(send(client, text).content.decode()))


def test_the_english_page_checks_a_sheet_and_lists_its_faults(town: Town, clerk: Client) -> None:
    clerk.cookies["django_language"] = "en"

    page = send(clerk, HEAD + GOOD + BAD).content.decode()

    assert re.search(r"</svg>\s*Check\s*</button>", clerk.get(HERE).content.decode())
    assert '<th scope="col">Fault</th>' in page
    assert "Inspections" not in page.split("<main")[1]
    assert "Finding" not in page


def test_a_file_is_checked_and_nothing_is_written(town: Town, clerk: Client) -> None:
    page = send(clerk, HEAD + GOOD + BAD).content.decode()

    assert "1 行有错，其余可以导入" in page
    assert "路灯不亮" in page
    assert "新建，待受理" in page
    assert "陈先生" not in page
    assert "13800138000" not in page
    assert not Case.objects.exists()
    refused = clerk.get(re.search(r'href="([^"]*check/refused[^"]*)"', page)[1].replace("&amp;", "&"))  # type: ignore[index]
    assert b"".join(refused)[:2] == b"PK"  # type: ignore[call-overload]


def test_the_task_imports_and_its_account_stays(town: Town, clerk: Client) -> None:
    started = start(clerk, HEAD + GOOD + BAD)
    task = Task.objects.get()
    assert started["Location"] == f"/desk/tasks/{task.pk}/"
    assert "正在排队" in clerk.get(started["Location"]).content.decode() or task.total

    run_pending()

    task.refresh_from_db()
    row, case = MessageImport.objects.get(), Case.objects.get()
    assert (task.state, task.file_name, task.url) == (TaskState.DONE, "工单-未导入.xlsx", f"{HERE}{row.pk}/")
    assert (row.read, row.created, row.existing, row.refused) == (2, 1, 0, 1)
    assert CaseSource.objects.get(case=case).import_id == row.pk
    assert "看结果" in clerk.get(started["Location"]).content.decode()
    page = clerk.get(f"{HERE}{row.pk}/").content.decode()
    assert "工单-未导入.xlsx" in page
    assert "工单.csv" in clerk.get(HERE).content.decode()
    entry = Entry.objects.get(action="exchange.messages:import")
    assert entry.user_id == town.users["registrar"].pk
    Case.objects.filter(pk=case.pk).update(close_due_at=datetime(2020, 3, 9, tzinfo=UTC))
    case_page = clerk.get(f"/desk/cases/{case.number}/").content.decode()
    assert "市热线要求" in case_page
    assert "早于本单位时限" in case_page
    assert "投诉" in case_page
    assert not list((Path(running.pending_sheets.settings.JIEDAO_DATA) / "sheets").iterdir())


def test_an_import_whose_worker_was_killed_continues_without_duplicates(
    town: Town, clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = "".join(GOOD.replace("A1", f"A{number}") for number in range(1, 8))
    monkeypatch.setattr(message_importer, "BATCH", 3)
    start(clerk, HEAD + orders)
    task = Task.objects.get()
    batches: list[int] = []
    file_cases = message_importer.file_cases

    def die_at_the_second_batch(*args: Any, **kwargs: Any) -> Any:
        batches.append(1)
        if len(batches) == 2:
            raise KeyboardInterrupt
        return file_cases(*args, **kwargs)

    monkeypatch.setattr(message_importer, "file_cases", die_at_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        running.run_import(running.TaskRun(task.pk, town.actor("registrar"), task.arguments))
    assert Case.objects.count() == 3
    assert "还没有导完" in clerk.get(f"{HERE}{MessageImport.objects.get().pk}/").content.decode()

    monkeypatch.setattr(message_importer, "file_cases", file_cases)
    run_pending()

    row = MessageImport.objects.get()
    assert Case.objects.count() == 7
    assert (row.read, row.created, row.existing, row.refused) == (7, 7, 0, 0)


def test_a_second_click_starts_nothing(town: Town, clerk: Client) -> None:
    hidden = read_hidden(send(clerk, HEAD + GOOD).content.decode())
    first, second = (clerk.post(f"{HERE}check/", hidden) for _click in range(2))

    assert first["Location"] == second["Location"]
    assert (MessageImport.objects.count(), Task.objects.count()) == (1, 1)


def test_columns_are_chosen_saved_and_recognised_the_next_time(town: Town, clerk: Client) -> None:
    refused = send(clerk, ODD)
    page = refused.content.decode()
    assert refused.status_code >= 400
    link = re.search(r'href="(/desk/imports/columns/[^"]*)"', page)
    assert link
    address = link[1].replace("&amp;", "&")
    form = clerk.get(address).content.decode()
    assert "流水 · X1" in form
    assert "下水道堵了" in form
    values = {name: text[0] for name, text in parse_qs(urlsplit(address).query).items()}
    incomplete = clerk.post(f"{HERE}columns/", {**values, "name": "别市", "field_number": "流水"})
    assert incomplete.status_code in {400, 422}
    assert "还没有选" in incomplete.content.decode()
    chosen = {"field_number": "流水", "field_detail": "啥事", "field_reported_at": "啥时候"}
    checked = clerk.post(
        f"{HERE}columns/", {**values, **chosen, "name": "别市", "source": "odd"}, follow=True
    ).content.decode()
    assert "没有错误" in checked
    saved = MessageMapping.objects.get()
    toml = clerk.get(f"{HERE}mappings/{saved.pk}/").content.decode()
    assert 'number = "流水"' in toml
    assert Entry.objects.filter(action="exchange.mapping:save").count() == 1

    again = send(clerk, ODD.replace("X1", "X2")).content.decode()
    assert "没有错误" in again
    assert "别市" in again
    assert read_hidden(again)["mapping"] == str(saved.pk)

    clerk.post(f"{HERE}mappings/{saved.pk}/delete/")
    clerk.post(f"{HERE}mappings/", {"file": SimpleUploadedFile("别市.toml", toml.encode())})
    assert MessageMapping.objects.get().text == toml


def test_another_user_cannot_use_the_uploaded_file(town: Town, clerk: Client, signed_in: SignedIn) -> None:
    hidden = read_hidden(send(clerk, HEAD + GOOD).content.decode())
    grant(town, "shift", "exchange.messages:import")

    stolen = signed_in("shift").post(f"{HERE}check/", hidden)

    assert stolen.status_code in {400, 422}
    assert "已经不在了" in stolen.content.decode()
    assert not Task.objects.exists()


def test_a_list_is_exported_in_the_shape_in_which_it_came(town: Town, clerk: Client) -> None:
    start(clerk, HEAD + GOOD)
    run_pending()

    choice = clerk.get(f"{HERE}export/").content.decode()
    assert "12345 热线" in choice
    back = clerk.get(f"{HERE}export/?source=hotline")
    sheet = b"".join(back)  # type: ignore[call-overload]
    assert sheet[:2] == b"PK"
    assert Entry.objects.get(action="cases.case:export").after["source"] == "hotline"
    file = SimpleUploadedFile("回.xlsx", sheet)
    again = clerk.post(HERE, {"file": file, "channel": "HOTLINE"}, follow=True).content.decode()
    assert "这些都已经在案件里，不用导入" in again
    assert "这些案件不是从别处来的" in clerk.get(f"{HERE}export/?channel=MEDIA").content.decode()


def test_the_cases_of_an_import_are_the_list_behind_its_number(town: Town, clerk: Client) -> None:
    start(clerk, HEAD + GOOD)
    start(clerk, HEAD + GOOD.replace("A1", "B1") + GOOD.replace("A1", "B2"))
    run_pending()
    first, second = MessageImport.objects.order_by("id")
    page = clerk.get(f"{HERE}{second.pk}/").content.decode()
    address = f"/desk/cases/?import={second.pk}"
    assert page.count(f'href="{address}"') == 2
    listed = clerk.get(address).content.decode()
    assert "共 2 件" in listed
    assert f'name="import" value="{second.pk}"' in listed
    assert "共 1 件" in clerk.get(f"/desk/cases/?import={first.pk}").content.decode()


def test_a_file_with_faults_alone_is_not_called_importable(town: Town, clerk: Client) -> None:
    page = send(clerk, HEAD + BAD).content.decode()
    assert "1 行都有错，没有可以导入的" in page
    assert "其余可以导入" not in page


def test_names_of_unread_columns_are_not_counted_again(town: Town, clerk: Client) -> None:
    page = send(clerk, HEAD.strip() + ",甲列,乙列\n" + GOOD.strip() + ",1,2\n").content.decode()
    assert "没有读取的列：甲列、乙列。" in page
    assert "×" not in page


def test_a_user_who_manages_nothing_but_imports_has_their_own_entry(town: Town, clerk: Client) -> None:
    page = clerk.get("/desk/").content.decode()
    navigation = page[page.index("<nav") : page.index("</nav>")]
    assert 'href="/desk/imports/"' in navigation
    assert 'href="/desk/admin/"' not in navigation


def test_an_import_is_undone_on_the_page_while_nobody_has_worked_on_its_cases(
    town: Town, clerk: Client
) -> None:
    start(clerk, HEAD + GOOD + GOOD.replace("A1", "A3"))
    run_pending()
    row, case = MessageImport.objects.get(), Case.objects.earliest("id")
    undo_url = f"{HERE}{row.pk}/undo/"
    assert undo_url in clerk.get(f"{HERE}{row.pk}/").content.decode()
    assert "撤销全部 2 件" in clerk.get(undo_url).content.decode()

    perform(town.actor("shift"), case.pk, "COMMENT", data={"note": "打过电话"})
    page = clerk.get(undo_url).content.decode()
    refused = clerk.post(undo_url)
    started = clerk.post(undo_url, {"untouched": "yes"})
    run_pending()

    assert "只撤销没有人办过的 1 件" in page
    assert f"/desk/cases/{case.number}/" in page
    assert refused.status_code == 422
    assert "撤销了 1 件" in clerk.get(started["Location"]).content.decode()
    assert Case.objects.get() == case
    page = clerk.get(f"{HERE}{row.pk}/").content.decode()
    assert "已撤销 1 件" in page
    assert "没有可以撤销的案件" in clerk.get(undo_url).content.decode()
    assert Entry.objects.get(action="exchange.messages:undo").user_id == town.users["registrar"].pk


def test_another_user_s_import_is_not_undone(town: Town, clerk: Client, signed_in: SignedIn) -> None:
    start(clerk, HEAD + GOOD)
    run_pending()
    grant(town, "shift", "exchange.messages:import")
    other = signed_in("shift")
    row = MessageImport.objects.get()

    assert f"{row.pk}/undo/" not in other.get(f"{HERE}{row.pk}/").content.decode()
    assert other.post(f"{HERE}{row.pk}/undo/").status_code == 403
    assert Case.objects.count() == 1


def test_the_check_warns_of_the_same_messages_under_another_channel(town: Town, clerk: Client) -> None:
    start(clerk, HEAD + GOOD)
    run_pending()
    case = Case.objects.get()

    page = send(clerk, HEAD + GOOD, channel="WEB").content.decode()
    started = clerk.post(f"{HERE}check/", read_hidden(page))
    run_pending()

    assert "1 行的编号和时间，与从“12345 热线”来的案件相同" in page
    assert f"/desk/cases/{case.number}/" in page
    assert 'name="doubles" value="allow" required' in page
    assert "再导入就成了两件" in clerk.get(started["Location"]).content.decode()
    assert Case.objects.count() == 1

    page = send(clerk, HEAD + GOOD, channel="WEB").content.decode()
    clerk.post(f"{HERE}check/", {**read_hidden(page), "doubles": "allow"})
    run_pending()
    assert Case.objects.count() == 2
