"""Filing a service request: the case that its fields become, who may file, and refusals."""

import io
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from jiedao.accounts.models import ApiToken
from jiedao.api.open311 import filing
from jiedao.api.open311.filing import KEYLESS
from jiedao.api.open311.tests.conftest import ROOT, Filing, get, open_endpoint, post
from jiedao.cases.following_public import notifying
from jiedao.cases.following_public.proving import TARGET
from jiedao.cases.models import Case, DoubtfulReport, Follower, Reporter
from jiedao.files.models import Attachment
from jiedao.kernel.crypto import decrypt
from jiedao.testing.cast import Town
from jiedao.testing.public_site import open_site

UUID = "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10"
PLACELESS = {"lat": None, "long": None}


def test_a_request_becomes_a_case_with_its_category_grid_and_encrypted_reporter(
    town: Town, file_form: Filing
) -> None:
    answer = file_form(
        first_name="三",
        last_name="张",
        phone="13800138000",
        account_id="u-17",
        address_string="滨江路 1 号",
        jurisdiction_id="yunxi.example.gov.cn",
    )
    case = Case.objects.get()
    assert (answer.status_code, answer.json()[0]["service_request_id"]) == (201, case.number)
    assert set(answer.json()[0]) == {"service_request_id", "service_notice", "account_id"}
    assert (case.channel, case.category, case.area) == ("APP", town.categories["RUBBISH"], town.areas["G1"])
    assert (case.place_text, case.detail) == ("滨江路 1 号", "临江花园门口堆放垃圾三天，气味很大。")
    reporter = Reporter.objects.get(case=case)
    assert (decrypt(reporter.name), decrypt(reporter.phone)) == ("张三", "13800138000")
    assert (case.lon, case.lat, case.coord_system) == (114.105, 22.605, "WGS84")


def test_the_service_of_other_matters_leaves_the_category_to_the_clerk(file_form: Filing) -> None:
    file_form(service_code="OTHER")
    case = Case.objects.get()
    assert (case.category, bool(case.suggestions)) == (None, True)


def test_the_same_content_sent_again_is_the_same_request(
    file_form: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = file_form(), file_form(path="requests.xml")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()[0]["service_request_id"] in second.content.decode()
    file_form(description="另一件事")
    assert Case.objects.count() == 2
    later = filing.clock.now() + 3 * filing.REPEAT_SPAN
    monkeypatch.setattr(filing.clock, "now", lambda: later)
    assert file_form().status_code == 201


def test_a_client_uuid_is_good_for_one_request_and_finds_its_number(file_form: Filing) -> None:
    number = file_form(client_uuid=UUID).json()[0]["service_request_id"]
    assert file_form(client_uuid=UUID).json()[0]["service_request_id"] == number
    assert get(f"tokens/{UUID}.json").json() == [{"service_request_id": number, "token": UUID}]
    answer = file_form(client_uuid=UUID, description="另一件事")
    assert (answer.status_code, number in answer.content.decode()) == (400, False)
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"api_key": None}, 403, "书面申请令牌"),
        ({"api_key": "jd_wrong"}, 403, "api_key"),
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": "MATTER:99999"}, 404, "service_code"),
        ({"service_code": "MATTER:01"}, 404, "service_code"),
        ({"jurisdiction_id": "elsewhere.org"}, 404, "jurisdiction_id"),
        (PLACELESS, 400, "address_string"),
        ({"lat": None}, 400, "lat"),
        ({"lat": "north"}, 400, "lat"),
        ({"lat": "nan"}, 400, "lat"),
        ({"lat": "0", "long": "0"}, 400, "lat"),
        ({"lat": "114.105", "long": "22.605"}, 400, "lat"),
        ({"lat": "39.9", "long": "116.4"}, 400, "辖区"),
        ({"lat": "-33.9", "long": "151.2"}, 400, "lat"),
        ({"phone": "abc"}, 400, "phone"),
        ({"email": "no address"}, 400, "email"),
        ({"address_id": "NOWHERE", **PLACELESS}, 400, "address_id"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"media_url": "https://[x"}, 400, "media_url"),
        ({"description": "长" * 4001}, 400, "description"),
        ({"client_uuid": "17"}, 400, "client_uuid"),
        ({"client_uuid": "00000000-0000-0000-0000-000000000000"}, 400, "client_uuid"),
    ],
)
def test_a_fault_is_named_with_a_hint_and_nothing_is_stored(
    file_form: Filing, fields: dict[str, Any], status: int, words: str
) -> None:
    answer = file_form(**fields)
    row = answer.json()[0]
    assert (answer.status_code, row["code"]) == (status, status)
    assert words in row["description"]
    assert Case.objects.count() == 0
    assert f"<code>{status}</code>" in file_form(path="requests.xml", **fields).content.decode()


def test_a_token_without_the_scope_and_a_post_without_the_right_are_403(
    town: Town, file_form: Filing
) -> None:
    narrow = ApiToken.issue(town.users["registrar"], "narrow", scopes=["cases:read"])[1]
    visitor = ApiToken.issue(town.users["visitor"], "visitor")[1]
    assert [file_form(api_key=key).status_code for key in (narrow, visitor)] == [403, 403]
    assert "cases:report" in file_form(api_key=narrow).json()[0]["description"]


def test_a_place_in_words_is_enough_even_if_the_point_is_wrong(file_form: Filing) -> None:
    assert file_form(**PLACELESS, address_string="滨江路桥头").status_code == 201
    outside = file_form(lat="39.9", long="116.4", address_string="滨江路")
    nowhere = file_form(lat="0", long="0", address_string="滨江路口")
    assert (outside.status_code, nowhere.status_code) == (201, 201)
    assert "没有采用坐标" in nowhere.json()[0]["service_notice"]
    assert Case.objects.count() == 3


def test_an_address_id_is_the_code_of_a_premise(town: Town, file_form: Filing) -> None:
    premise = town.premises["GARDEN"]
    assert file_form(**PLACELESS, address_id=premise.code).status_code == 201
    assert Case.objects.get().premise == premise


def test_parameters_without_a_field_are_appended_to_the_text(file_form: Filing) -> None:
    fields = {"attribute[WHISPAWN]": "123456", "attribute[KINDS][]": ["a", "b"], "attribute[EMPTY]": ""}
    file_form(media_url="https://example.org/a.jpg", address_string="长" * 300, **fields)
    lines = Case.objects.get().detail.split("\n")
    assert lines[1:] == [
        f"地点：{'长' * 300}",
        "反映人附的链接（未经检查）：https://example.org/a.jpg",
        "WHISPAWN: 123456",
        "KINDS: a、b",
    ]


def test_a_request_without_a_description_is_named_after_its_service(file_form: Filing) -> None:
    file_form(description=None)
    case = Case.objects.get()
    assert (case.subject, case.detail) == ("暴露垃圾", "暴露垃圾")


def test_the_office_may_accept_requests_without_a_key_and_limits_them(town: Town, file_form: Filing) -> None:
    open_endpoint(without_key=True)
    answers = [file_form(api_key=None, description=f"第 {number} 件") for number in range(12)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429] * 2
    assert (answers[-1].json()[0]["code"], int(answers[-1]["Retry-After"]) > 0) == (429, True)
    assert Case.objects.first().reported_by is None
    assert file_form(api_key="jd_wrong").status_code == 403


def make_picture() -> io.BytesIO:
    """Return a small picture as a file."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG")
    file.seek(0)
    file.name = "photo.jpg"
    return file


def test_photos_in_a_multipart_form_are_attached_once(api_key: str) -> None:
    form = {"api_key": api_key, "service_code": "MATTER:01001", "lat": "22.605", "long": "114.105"}
    for expected in (201, 200):
        answer = Client().post(f"{ROOT}/requests.json", {**form, "media": make_picture()})
        assert answer.status_code == expected
    assert Attachment.objects.of("cases.case", Case.objects.get().pk).count() == 1


def test_a_file_that_is_no_picture_refuses_the_request(api_key: str) -> None:
    broken = io.BytesIO(b"not a picture")
    broken.name = "photo.jpg"
    form = {"api_key": api_key, "service_code": "MATTER:01001", "lat": "22.605", "long": "114.105"}
    answer = Client().post(f"{ROOT}/requests.json", {**form, "media": broken})
    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    assert (Case.objects.count(), Attachment.objects.count()) == (0, 0)


def test_photos_without_a_key_are_attached_too(town: Town) -> None:
    open_endpoint(without_key=True)
    form = {"service_code": "OTHER", "address_string": "滨江路", "media": make_picture()}
    assert Client().post(f"{ROOT}/requests.json", form).status_code == 201
    assert Attachment.objects.of("cases.case", Case.objects.get().pk).count() == 1


def test_a_body_that_is_no_form_is_refused_in_the_format_of_the_caller(town: Town) -> None:
    answer = Client().post(f"{ROOT}/requests.xml", '{"a": 1}', content_type="application/json")
    assert (answer.status_code, b"application/x-www-form-urlencoded" in answer.content) == (400, True)
    gbk = Client().post(
        f"{ROOT}/requests.xml", b"a=%C4%E3", content_type="application/x-www-form-urlencoded; charset=gbk"
    )
    assert (gbk.status_code, b"<errors>" in gbk.content) == (400, True)


def test_html_in_a_text_is_a_text(file_form: Filing) -> None:
    file_form(description="<script>alert(1)</script> & 垃圾", first_name="<b>", last_name="")
    assert Case.objects.get().detail == "<script>alert(1)</script> & 垃圾"


def test_the_key_may_come_in_the_header_or_the_address(town: Town, api_key: str) -> None:
    form = {"service_code": "OTHER", "address_string": "滨江路"}
    by_header = Client().post(f"{ROOT}/requests.json", form, headers={"Authorization": f"Bearer {api_key}"})
    by_address = post({**form, "description": "又一件"}, f"requests.json?api_key={api_key}")
    assert (by_header.status_code, by_address.status_code) == (201, 201)


def test_an_email_is_asked_to_confirm_before_anything_is_sent_to_it(
    town: Town, file_form: Filing, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JIEDAO_SITE_URL = "https://yunxi.example"
    open_site()
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(
        notifying, "send_message", lambda _to, key, _subject, text, _link: sent.append((key, text))
    )
    answer = file_form(email="zhang@example.org")
    assert "确认邮件" in answer.json()[0]["service_notice"]
    assert "确认邮件" not in file_form(email="zhang@example.org").json()[0]["service_notice"]  # sent again
    follower = Follower.objects.get()
    assert (follower.channel, follower.verified_at) == ("MAIL", None)
    assert decrypt(follower.target, context=TARGET) == "zhang@example.org"
    notifying.send_invitation(follower_id=follower.pk)
    [(_key, text)] = sent
    url = text.partition("https://yunxi.example")[2].split()[0]
    reader = Client()
    assert "z***@example.org" in reader.get(url).text
    follower.refresh_from_db()
    assert follower.verified_at is None  # a program that opens the link confirms nothing
    answer = reader.post("/follow/confirm/", {"t": url.partition("t=")[2]}, follow=True)
    follower.refresh_from_db()
    assert follower.verified_at is not None
    assert follower.case.number in answer.text
    assert reader.get("/follow/confirm/?t=forged").status_code == 404


def test_no_mail_is_sent_without_a_site_or_beyond_the_limit_of_a_contact(
    town: Town, file_form: Filing, settings: Any
) -> None:
    file_form(email="zhang@example.org")
    assert not Follower.objects.exists()
    settings.JIEDAO_SITE_URL = "https://yunxi.example"
    open_site()
    for number in range(3):
        assert file_form(email="zhang@example.org", description=f"第 {number} 处垃圾").status_code == 201
    assert Follower.objects.count() == 1  # a contact is sent nothing more during the pause


def test_a_request_without_a_key_waits_for_a_look_where_it_looks_like_abuse(town: Town) -> None:
    open_endpoint(without_key=True)
    form = {"service_code": "MATTER:01001", "lat": "22.605", "long": "114.105"}
    assert post({**form, "description": "临江花园门口堆放垃圾三天。"}).status_code == 201
    assert post({**form, "description": "便宜货 https://shop.example"}).status_code == 201
    doubtful = DoubtfulReport.objects.get()
    assert (doubtful.case.detail, doubtful.reasons) == ("便宜货 https://shop.example", ["LINKS"])
    for number in range(6):
        KEYLESS.clear()
        post({**form, "description": f"又一处垃圾 {number}"})
    assert DoubtfulReport.objects.filter(reasons=["MANY"]).count() == 2


def test_a_request_with_a_key_is_not_doubted(file_form: Filing) -> None:
    assert file_form(description="请看 https://example.org").status_code == 201
    assert not DoubtfulReport.objects.exists()
