"""The pages of publishing: a text from the draft to the public, files, open data, and the yearly report."""

import io
import re
from collections.abc import Callable, Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from jiedao.kernel import clock
from jiedao.publishing.models import DataSet, Publication, YearlyReport
from jiedao.publishing.tests.people import PUBLISHER, REVIEWER, WRITER, grant_publishing_rights, write
from jiedao.registers.tests.parts import declare
from jiedao.reports.tests.conftest import JULY
from jiedao.testing.cast import Town, make_town

SignedIn = Callable[[str], Client]
FORM = {
    "kind": "NOTICE",
    "title": "停水通告",
    "source": "云溪街道办事处",
    "document_date": "2020-06-01",
    "text": "一、时间\n6月10日停水。",
}


def make_picture() -> SimpleUploadedFile:
    """Return a small picture as a form sends it."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG")
    return SimpleUploadedFile("附图.jpg", file.getvalue())


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with clock.at(JULY):
        yield grant_publishing_rights(make_town())


def test_a_text_is_written_reviewed_and_published_by_three_people(town: Town, signed_in: SignedIn) -> None:
    writer, reviewer, publisher = (signed_in(name) for name in (WRITER, REVIEWER, PUBLISHER))
    file = make_picture()
    page = writer.post("/desk/publishing/new/", {**FORM, "photos": file}, follow=True).content.decode()
    assert "您起草的内容，由另一位同事审核" in page
    assert "附图.jpg" in page
    publication = Publication.objects.get()
    url = f"/desk/publishing/{publication.pk}/"
    page = reviewer.get(url).content.decode()
    assert "审核通过" in page
    reviewer.post(f"{url}review/", {"version": "1"})
    assert "等有公布权的同事公布" in reviewer.get(url).content.decode()
    page = publisher.post(f"{url}publish/", {"version": "2"}, follow=True).content.decode()
    assert "已公布，公众现在看得到" in page
    refused = publisher.post(f"{url}withdraw/", {"version": "3", "reason": "错"})
    assert refused.status_code == 422
    assert "请写明撤下的原因" in refused.content.decode()
    page = publisher.post(f"{url}withdraw/", {"version": "3", "reason": "日期写错"}, follow=True)
    assert "撤下：日期写错" in page.content.decode()
    page = writer.post(f"{url}copy/", follow=True).content.decode()
    assert "已重起草稿" in page
    assert "附图.jpg" in page
    listed = writer.get("/desk/publishing/?state=WITHDRAWN").content.decode()
    assert listed.count("停水通告") == 1


def test_a_refused_form_keeps_what_was_typed(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in(WRITER).post("/desk/publishing/new/", {**FORM, "text": ""})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "正文是空的" in page
    assert "停水通告" in page


def test_a_change_by_another_user_is_not_overwritten(town: Town, signed_in: SignedIn) -> None:
    draft, writer = write(town), signed_in(WRITER)
    url = f"/desk/publishing/{draft.pk}/edit/"
    assert writer.post(url, {**FORM, "version": "1", "title": "停水通告（改）"}).status_code == 302
    stale = writer.post(url, {**FORM, "version": "1", "title": "别的"})
    assert stale.status_code == 409
    assert "刚被别人改过" in stale.content.decode()
    assert Publication.objects.get().title == "停水通告（改）"


def test_a_draft_and_its_file_are_removed(town: Town, signed_in: SignedIn) -> None:
    writer = signed_in(WRITER)
    file = make_picture()
    writer.post("/desk/publishing/new/", {**FORM, "photos": file})
    publication = Publication.objects.get()
    url = f"/desk/publishing/{publication.pk}/"
    attachment_id = writer.get(url).content.decode().partition("/files/")[2].partition("/")[0]
    page = writer.post(f"{url}files/{attachment_id}/remove/", follow=True).content.decode()
    assert "附件已移除" in page
    assert "没有附件" in page
    assert writer.post(f"{url}discard/", {"version": "2"}).headers["Location"] == "/desk/publishing/"
    assert not Publication.objects.exists()


def test_open_data_is_looked_at_and_released(town: Town, signed_in: SignedIn) -> None:
    declare()
    columns = ["code", "owner", "storeys"]
    DataSet.objects.create(
        key="houses", name="出租屋", source="register", register="houses", columns=columns, licence="CC0-1.0"
    )
    url = "/desk/publishing/open-data/houses/"
    assert "开放给公众" not in signed_in(WRITER).get(url).content.decode()
    publisher = signed_in(PUBLISHER)
    page = publisher.get(url).content.decode()
    assert "层数" in page
    assert "业主" not in page
    digest = page.partition('name="digest" value="')[2].partition('"')[0]
    assert "已开放" in publisher.post(f"{url}release/", {"digest": digest}, follow=True).content.decode()
    assert signed_in(REVIEWER).post(f"{url}close/").status_code == 403
    assert "已停止开放" in publisher.post(f"{url}close/", follow=True).content.decode()
    assert publisher.get("/desk/publishing/open-data/none/").status_code == 404


def test_a_yearly_report_is_checked_and_made(town: Town, signed_in: SignedIn) -> None:
    writer, url = signed_in(WRITER), "/desk/publishing/yearly/2019/"
    numbers = {"new-person": "5", "granted-person": "3", "carried_out-person": "1"}
    page = writer.post(url, {"version": "0", **numbers}, follow=True).content.decode()
    assert "5 + 0 ≠ 3 + 1" in page
    assert "请改正后再生成" in writer.post(f"{url}publication/", follow=True).content.decode()
    writer.post(url, {"version": "1", **numbers, "granted-person": "4", "overview": "依法公开。"})
    page = writer.post(f"{url}publication/", follow=True).content.decode()
    assert "云溪街道办事处2019年政府信息公开工作年度报告" in page
    assert "5 + 0 = 4 + 1" in page
    next_year = writer.get("/desk/publishing/yearly/2020/").content.decode()
    carried = re.search(r'<input[^>]*name="carried_in-person"[^>]*>', next_year)
    assert carried is not None
    assert 'value="1"' in carried[0]
    assert YearlyReport.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "status"), [({"version": "0", "new-person": "-1"}, 422), ({"version": "7"}, 409)]
)
def test_wrong_numbers_of_a_year_are_refused(
    town: Town, signed_in: SignedIn, data: dict[str, str], status: int
) -> None:
    assert signed_in(WRITER).post("/desk/publishing/yearly/2019/", data).status_code == status
    assert signed_in(REVIEWER).post("/desk/publishing/yearly/2019/", data).status_code in {403, 409}
    assert not YearlyReport.objects.exists()
