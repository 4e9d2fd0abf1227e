"""Packs on the page, as the person who may apply them: upload, faults, plan, apply, archive, the way back."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases.models import Category
from jiedao.kernel import clock
from jiedao.kernel.jobs import run_pending
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.packs.actions import apply_pack
from jiedao.packs.archives import read_pack_files, write_archive
from jiedao.packs.check import check_pack
from jiedao.packs.models import AppliedPack, PackDraft
from jiedao.packs.tests.test_apply import open_case
from jiedao.packs.tests.tiny import TinyPack
from jiedao.tasks.models import Task

pytestmark = pytest.mark.django_db

ADMIN = """
[[role]]
key = "ADMIN"
title = "系统管理员"
scope = "AREA"
permissions = ["packs.pack:apply", "cases.case:view"]

[[post]]
role = "ADMIN"
units = ["JDB"]
"""
LIST = "/desk/admin/packs/"


@pytest.fixture
def tiny(tmp_path: Path) -> TinyPack:
    pack = TinyPack(tmp_path / "pack")
    pack.append("posts.toml", ADMIN)
    apply_pack(pack=check_pack(pack.folder)[0], actor=make_system_actor(), reason="创建")
    return pack


@pytest.fixture
def sign_in(tiny: TinyPack) -> Callable[..., Client]:
    def sign_in(name: str = "何俊", language: str = "zh-hans") -> Client:
        user, is_new = User.objects.get_or_create(username=name, defaults={"full_name": name})
        if is_new:
            Holding.objects.create(user=user, post=Post.objects.get(code="JDB.ADMIN"))
        client = Client(headers={"accept-language": language})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def send(client: Client, content: bytes, name: str = "小镇.zip") -> Any:
    return client.post(LIST, {"file": SimpleUploadedFile(name, content, "application/zip")})


def upload(client: Client, tiny: TinyPack) -> tuple[PackDraft, str]:
    """Upload the pack; return its draft and the page of its plan."""
    answer = send(client, write_archive(read_pack_files(tiny.folder)))
    assert answer.status_code == 302, answer.content.decode()
    return PackDraft.objects.latest("pk"), client.get(answer["Location"]).content.decode()


def apply(client: Client, draft: PackDraft, **values: str) -> Any:
    answer = client.post(f"{LIST}drafts/{draft.pk}/apply/", {"reason": "2026 年调整", **values})
    run_pending()
    return answer


def change(tiny: TinyPack, version: str = "2") -> None:
    tiny.edit("pack.toml", 'version = "1"', f'version = "{version}"')
    tiny.edit("duties.toml", 'handle = "1wd"', 'handle = "2wd"')


def test_a_pack_is_planned_applied_and_archived(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    client = sign_in()
    change(tiny)
    draft, page = upload(client, tiny)
    assert "1 工作日</del> → <ins>2 工作日" in page
    assert AppliedPack.objects.count() == 1
    answer = apply(client, draft)
    task = Task.objects.get()
    assert answer["Location"] == reverse("desk:task", args=[task.pk])
    assert (task.state, task.summary) == ("DONE", "新增 0，更改 2，停用 0。")
    row = AppliedPack.objects.latest("pk")
    assert (row.version, row.reason, row.actor_label) == ("2", "2026 年调整", task_label())
    shown = client.get(task.url).content.decode()
    assert "+limits = { handle = &quot;2wd&quot; }" in shown
    assert "2026 年调整" in shown
    listed = client.get(LIST).content.decode()
    assert "创建" in listed
    assert "现在用的是 小镇 2" in listed
    entry = Entry.objects.filter(action="packs.pack:apply").latest("pk")
    assert (entry.after["reason"], entry.object_id) == ("2026 年调整", row.pk)


def task_label() -> str:
    return str(Entry.objects.filter(action="packs.pack:check").latest("pk").actor_label)


def test_faults_are_listed_by_file_and_line(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    text = (tiny.folder / "units.toml").read_text(encoding="utf-8")
    (tiny.folder / "units.toml").write_bytes(text.encode("gb18030"))
    (tiny.folder / "reasons.toml").unlink()
    tiny.edit("duties.toml", 'handle = "3wd"', 'handle = "3 days"')
    draft, page = upload(sign_in(), tiny)
    for words in ("units.toml", "GBK", "reasons.toml", "缺少这个文件", "第 3 行", "不是时限"):
        assert words in page, words
    assert "应用</button>" not in page
    answer = apply(sign_in(), draft)
    assert answer.status_code == 422
    assert "数据包有错误，不能应用" in answer.content.decode()


def test_a_refused_plan_links_to_its_cases(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    unit = Unit.objects.get(code="SQ1")
    for _n in range(6):
        open_case(lead_unit=unit)
    tiny.edit("units.toml", 'code = "SQ1"', 'code = "SQ2"')
    tiny.edit("duties.toml", '"SQ1"', '"SQ2"')
    client = sign_in()
    draft, page = upload(client, tiny)
    assert f'href="/desk/cases/?group=open&amp;unit={unit.pk}"' in page
    assert 'href="/desk/cases/T0/"' in page
    assert page.index("停用 · 单位") < page.index("新增 · 单位")
    assert client.get(f"/desk/cases/?group=open&unit={unit.pk}").status_code == 200
    answer = apply(client, draft)
    assert answer.status_code == 422
    assert Unit.objects.get(code="SQ1").active


def test_a_plan_is_made_again_once_the_cases_are_closed(
    tiny: TinyPack, sign_in: Callable[..., Client]
) -> None:
    case = open_case(category=Category.objects.get(kind="MATTER", code="06010"))
    tiny.edit("categories.csv", "MATTER,06010,暴露垃圾,Litter,,否,,\n", "")
    tiny.edit("keywords.toml", '"06010" = ["垃圾", "脏乱"]\n', "")
    tiny.edit("duties.toml", 'categories = ["06010"]', 'categories = ["06001"]')
    client = sign_in()
    draft, page = upload(client, tiny)
    assert "✗ 1 项现在不能做" in page
    type(case).objects.filter(pk=case.pk).update(state="CLOSED")
    client.post(f"{LIST}drafts/{draft.pk}/again/")
    assert "不能做，数据包不能应用" not in client.get(f"{LIST}drafts/{draft.pk}/").content.decode()
    apply(client, draft)
    assert Task.objects.get().state == "DONE"


def test_a_plan_is_searched(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    change(tiny)
    tiny.edit("units.toml", "城管办", "城管队")
    client = sign_in()
    draft, _page = upload(client, tiny)
    page = client.get(f"{LIST}drafts/{draft.pk}/", {"q": "城管队"}).content.decode()
    assert "找到 1 项" in page
    assert "城管队" in page
    assert "2 工作日" not in page


def test_of_two_people_the_second_is_told_what_has_changed(
    tiny: TinyPack, sign_in: Callable[..., Client]
) -> None:
    first, second = sign_in("甲"), sign_in("乙")
    change(tiny)
    own, _page = upload(first, tiny)
    tiny.edit("units.toml", "城管办", "城管队")
    tiny.edit("pack.toml", 'version = "2"', 'version = "3"')
    other, _page = upload(second, tiny)
    apply(first, own)
    apply(second, other)
    done, failed = Task.objects.order_by("pk")
    assert (done.state, failed.state) == ("DONE", "FAILED")
    assert "已经不在：duty MATTER 06001 town" in failed.hint
    page = second.get(f"{LIST}drafts/{other.pk}/").content.decode()
    assert "应用了版本 2" in page
    assert "数据在您查看计划之后有变动" in page
    second.post(f"{LIST}drafts/{other.pk}/again/")
    apply(second, other)
    assert Unit.objects.get(code="CG").name == "城管队"


def test_the_way_back_is_a_plan_like_any_other(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    client = sign_in()
    change(tiny)
    apply(client, upload(client, tiny)[0])
    first, newest = AppliedPack.objects.order_by("pk")
    assert f"{LIST}{first.pk}/back/" in client.get(f"{LIST}{newest.pk}/").content.decode()
    answer = client.post(f"{LIST}{first.pk}/back/")
    page = client.get(answer["Location"]).content.decode()
    assert "2 工作日</del> → <ins>1 工作日" in page
    apply(client, PackDraft.objects.latest("pk"), reason="退回")
    assert [row.version for row in AppliedPack.objects.order_by("pk")] == ["1", "2", "1"]


def test_a_version_is_downloaded_as_it_was(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    client = sign_in()
    row = AppliedPack.objects.get()
    answer = client.get(f"{LIST}{row.pk}/pack.zip")
    assert answer["Content-Disposition"].startswith("attachment; filename=pack-")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("pack.toml") == (tiny.folder / "pack.toml").read_bytes()
    assert Entry.objects.filter(action="packs.pack:download", object_id=row.pk).exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reason": "  "}, "请写明为什么更新数据包"),
        ({"reason": "字" * 301}, "理由太长"),
    ],
)
def test_an_apply_needs_a_reason(
    tiny: TinyPack, sign_in: Callable[..., Client], values: dict[str, str], words: str
) -> None:
    client = sign_in()
    change(tiny)
    answer = apply(client, upload(client, tiny)[0], **values)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_pack_of_another_town_needs_a_tick(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    for path in tiny.folder.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("440307014", "440307015"), encoding="utf-8")
    client = sign_in()
    draft, page = upload(client, tiny)
    assert "这是另一个街道的数据包" in page
    answer = apply(client, draft)
    assert answer.status_code == 422
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"no archive", "这不是能打开的 zip 文件"),
        (write_archive({"a/pack.toml": b"", "b/pack.toml": b""}), "2 个数据包"),
        (write_archive({"units.toml": b""}), "没有 pack.toml"),
    ],
)
def test_a_file_that_is_no_pack_is_refused(
    sign_in: Callable[..., Client], content: bytes, words: str
) -> None:
    answer = send(sign_in(), content)
    assert answer.status_code == 422
    assert (words if words != "empty" else "zip") in answer.content.decode()
    assert not PackDraft.objects.exists()


def test_no_file_and_an_unknown_shipped_pack_are_refused(sign_in: Callable[..., Client]) -> None:
    client = sign_in()
    assert "没有选择文件" in client.post(LIST, {}).content.decode()
    assert "没有随系统带的数据包" in client.post(LIST, {"shipped": "atlantis"}).content.decode()


def test_half_a_pack_names_the_files_that_are_missing(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    files = read_pack_files(tiny.folder)
    half = {f"街道/{name}": files[name] for name in ("pack.toml", "areas.csv", "units.toml")}
    client = sign_in()
    page = client.get(send(client, write_archive(half))["Location"]).content.decode()
    for name in ("posts.toml", "categories.csv", "duties.toml", "reasons.toml"):
        assert name in page


def test_a_plan_is_shown_in_the_language_of_each_reader(
    tiny: TinyPack, sign_in: Callable[..., Client]
) -> None:
    change(tiny)
    draft, _page = upload(sign_in(), tiny)
    page = sign_in("Reader", "en").get(f"{LIST}drafts/{draft.pk}/").content.decode()
    assert "1 working day</del> → <ins>2 working days" in page
    assert "What would change" in page
    assert PackDraft.objects.get().faults["errors"] == []


def test_drafts_are_erased_after_a_week(tiny: TinyPack, sign_in: Callable[..., Client]) -> None:
    client = sign_in()
    draft, _page = upload(client, tiny)
    PackDraft.objects.update(created_at=clock.now() - timedelta(days=8))
    upload(client, tiny)
    assert not PackDraft.objects.filter(pk=draft.pk).exists()
    assert client.get(f"{LIST}drafts/{draft.pk}/").status_code == 404
