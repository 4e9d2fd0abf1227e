"""A report over HTTP: the form without scripts, repeated sending, likely duplicates, photos, bad input."""

import io
import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from jiedao.accounts.models import FailureCount
from jiedao.cases.models import Case, CaseMove, DoubtfulReport, Follower
from jiedao.files.models import Attachment
from jiedao.kernel.memo import forget_all
from jiedao.places.models import Road
from jiedao.portal.challenge import make_challenge, read_challenge
from jiedao.portal.limits import REPORTS
from jiedao.testing.cast import Town, make_town
from jiedao.testing.public_site import open_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Iterator[Town]:
    """The cast, in a town with a public site."""
    town = make_town()
    open_site()
    REPORTS.clear()
    yield town
    REPORTS.clear()


def answer(token: str) -> str:
    """Return the answer to the question of a challenge, as a person without scripts reads it."""
    return str(sum(map(int, re.findall(r"\d+", read_challenge(token).question))))


def fill(**changes: object) -> dict[str, object]:
    """Return a form that a person without scripts filled in."""
    token = make_challenge().token
    fields = {
        "challenge": token,
        "answer": answer(token),
        "detail": "楼下的垃圾三天没有人清运，气味很大",
        "place_text": "百合花园东门",
    }
    return {**fields, **changes}


def send(client: Client, key: str = "rubbish", **changes: object) -> object:
    return client.post(f"/report/{key}/", fill(**changes))


def draw_photo() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(buffer, "JPEG")
    return SimpleUploadedFile("a.jpg", buffer.getvalue(), "image/jpeg")


def test_a_report_becomes_a_case_and_shows_its_number_and_code(client: Client, town: Town) -> None:
    response = send(client, name="陈女士", phone="13800138000", secret="on", photos=draw_photo())
    slip = client.get(response.headers["Location"])
    case = Case.objects.get()
    assert (case.channel, case.category, case.subject[:6]) == (
        "WEB",
        town.categories["RUBBISH"],
        "垃圾没人清：",
    )
    assert case.reporter.secret
    assert "13800138000" not in case.reporter.phone
    assert case.number in slip.text
    assert "一小时后不再显示" in slip.text
    assert re.search(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", slip.text)
    assert Attachment.objects.filter(object_id=case.pk, kind="PHOTO_BEFORE").count() == 1


def test_a_report_that_is_sent_twice_is_one_case_with_the_same_code(client: Client, town: Town) -> None:
    fields = fill()
    first, second = (client.post("/report/rubbish/", fields) for _time in range(2))
    assert Case.objects.count() == 1
    codes = {
        re.search(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", client.get(page.headers["Location"]).text)[0]
        for page in (first, second)
    }
    assert len(codes) == 1
    assert Follower.objects.count() == 1


def test_likely_duplicates_are_shown_before_anything_is_sent_without_their_texts(
    client: Client, town: Town
) -> None:
    send(client, name="张三")
    page = send(client, detail="楼下的垃圾三天没有人清运，味道很大")
    assert Case.objects.count() == 1
    assert "可能已经有人反映过" in page.text
    shown = page.text.split("p-alike")[1].split("</section>")[0]
    assert "气味很大" not in shown
    assert "暴露垃圾" in shown


def test_an_open_case_at_the_same_place_is_shown_though_the_words_differ(client: Client, town: Town) -> None:
    Road.objects.create(name="吉华路").areas.add(town.areas["RIVER"])
    forget_all()
    place = "吉华路144号楼附近"
    first = send(
        client,
        detail="垃圾从昨天晚上开始就没有人收了，走路要绕开，老人差点摔倒，请快点来。",
        place_text=place,
    )
    assert first.status_code == 302
    page = send(client, detail="垃圾堆着，又臭又脏没人管", place_text="吉华路144号")
    shown = page.text.split("p-alike")[1].split("</section>")[0]
    assert "吉华路" in shown
    assert "144" not in shown
    assert (
        send(client, "other", detail="垃圾堆着，又臭又脏没人管", place_text="吉华路144号").status_code == 302
    )


def test_a_person_follows_the_case_instead_and_what_they_wrote_is_added(client: Client, town: Town) -> None:
    send(client)
    fields = fill(detail="楼下的垃圾三天没有人清运，苍蝇很多")
    page = client.post("/report/rubbish/", fields)
    choice = re.search(r'name="follow" value="([^"]+)"', page.text)[1]
    response = client.post("/report/rubbish/", {**fields, "follow": choice})
    assert "已关注" in client.get(response.headers["Location"]).text
    case = Case.objects.get()
    assert "苍蝇很多" in CaseMove.objects.get(case=case, move="COMMENT").text
    assert sorted(case.followers.values_list("role", flat=True)) == ["FOLLOWER", "REPORTER"]
    sure = client.post("/report/rubbish/", fill(detail="楼下的垃圾三天没有人清运，苍蝇很多", sure="1"))
    assert sure.status_code == 302
    assert Case.objects.count() == 2


def test_a_file_that_is_no_picture_is_refused_and_the_photos_are_not_lost(client: Client, town: Town) -> None:
    bad = SimpleUploadedFile("b.jpg", b"no picture", "image/jpeg")
    page = send(client, photos=[draw_photo(), bad], phone="123")
    assert page.status_code == 422
    assert "b.jpg：这不是照片，或者已经损坏。" in page.text
    assert "docx" not in page.text
    assert 'id="id_phone_error"' in page.text or "电话" in page.text.split("p-form")[0]
    assert page.text.count("可以用 JPEG、PNG、WEBP、GIF 格式的照片，每张不超过") == 1
    assert "填写的内容和已经收到的照片都还在" in page.text
    assert "楼下的垃圾三天没有人清运" in page.text
    kept = re.search(r'name="kept" value="([^"]+)"', page.text)[1]
    assert send(client, kept=kept).status_code == 302
    assert Attachment.objects.filter(object_id=Case.objects.get().pk).count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"detail": ""}, "请写明是什么情况。"),
        ({"place_text": " "}, "请写明在什么地方。"),
        ({"answer": ""}, "请回答这道题"),
        ({"answer": "99"}, "答案不对。"),
        ({"challenge": "x"}, "表单放得太久"),
        ({"phone": "123"}, "电话"),
        ({"follow": "x"}, "没有这件事。"),
    ],
)
def test_bad_input_is_refused_with_a_hint_and_nothing_typed_is_lost(
    client: Client, town: Town, changes: dict[str, str], words: str
) -> None:
    page = send(client, **{"name": "李先生", **changes})
    assert page.status_code == 422
    assert words in page.text
    assert "李先生" in page.text
    assert not Case.objects.exists()


def test_html_is_shown_as_text_and_a_point_on_another_continent_is_left_out(
    client: Client, town: Town
) -> None:
    page = send(client, detail="<script>alert(1)</script>", place_text="", lon="-74.0", lat="40.7")
    assert "<script>alert(1)" not in page.text
    asked = send(client, lon="-74.0", lat="40.7")
    assert "您给的位置不在本街道范围内" in asked.text
    assert not Case.objects.exists()
    sent = send(client, lon="-74.0", lat="40.7", sure="1")
    assert Case.objects.get().lon is None
    assert "办理时以您写的地点为准" in client.get(sent.headers["Location"]).text


def test_work_of_the_browser_takes_the_place_of_the_answer(client: Client, town: Town) -> None:
    token = make_challenge().token
    work = next(
        number
        for number in range(10**7)
        if int.from_bytes(sha256(f"{token}:{number}".encode()).digest()[:4]) >> 18 == 0
    )
    assert send(client, challenge=token, answer="", work=str(work)).status_code == 302
    assert send(client, challenge=make_challenge().token, answer="", work=str(work)).status_code == 422


def test_many_reports_of_one_address_wait_for_a_clerk_and_are_refused_beyond_the_limit(
    client: Client, town: Town
) -> None:
    for number in range(7):
        send(client, detail=f"第 {number} 盏路灯不亮，位置在第 {number} 个路口", sure="1")
    assert DoubtfulReport.objects.get().reasons == ["MANY"]
    for _number in range(60):
        REPORTS.count("127.0.0.1")
    page = send(client, name="李先生")
    assert page.status_code == 429
    assert "李先生" in page.text
    assert "127.0.0.1" not in str(list(FailureCount.objects.values_list("key", flat=True)))


def test_an_unknown_offer_is_not_found_and_places_are_offered_while_typing(
    client: Client, town: Town
) -> None:
    assert client.get("/report/nothing/").status_code == 404
    assert client.get("/report/").status_code == 200
    assert client.get("/report/places/?q=社区").json()["places"]
    assert client.get("/report/places/?q=%00").json() == {"places": []}


def test_a_company_states_its_name(client: Client, town: Town) -> None:
    assert send(client, "company").status_code == 422
    assert send(client, "company", company="东街机械厂").status_code == 302
    assert "企业名称：东街机械厂" in Case.objects.get().detail


def test_a_point_on_the_map_proposes_words_for_the_place(client: Client, town: Town) -> None:
    form = client.get("/report/rubbish/").text
    shapes = client.get("/report/places/map/").json()["features"]
    near = client.get("/report/places/near/?lon=114.1052&lat=22.6051").json()
    empty = client.get("/report/places/near/?lon=114.1149&lat=22.6001").json()
    outside = client.get("/report/places/near/?lon=-74&lat=40.7").json()

    assert 'data-pick-lon="id_lon"' in form
    assert {feature["geometry"]["type"] for feature in shapes} == {"Polygon", "Point"}
    assert near == {"note": "这个点在临江社区。", "outside": False, "words": ["临江花园"]}
    assert empty["words"] == ["临江社区"]
    assert (outside["outside"], outside["words"]) == (True, [])
    assert client.get("/report/places/near/?lon=nan").status_code == 422
