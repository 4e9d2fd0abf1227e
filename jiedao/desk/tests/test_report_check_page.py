"""The page that checks the numbers of a pasted text or an uploaded file."""

import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from jiedao.desk.tests.conftest import SignedIn
from jiedao.reports import foreign_check
from jiedao.reports.confined import Limits

ADDRESS = "/desk/reports/check/"
TEXT = "共受理诉求1250件,其中咨询类500件,占40%;投诉类375件,占35%;其他375件,占30%。\n<b>开头</b>一句。"


@pytest.fixture
def client(signed_in: SignedIn) -> Client:
    return signed_in("leader")


def test_a_pasted_text_is_shown_with_a_mark_at_the_finding(client: Client) -> None:
    response = client.post(ADDRESS, {"text": TEXT})
    html = response.content.decode()

    assert response.status_code == 200
    assert '<mark class="rc-mark rc-mark--bad" id="mark-1">35%<a' in html
    assert 'href="#mark-1"' in html
    assert "375 ÷ 1250 = 30%" in html
    assert "有误" in html


def test_a_pasted_text_is_escaped(client: Client) -> None:
    html = client.post(ADDRESS, {"text": TEXT}).content.decode()

    assert "<b>开头</b>" not in html
    assert "&lt;b&gt;开头&lt;/b&gt;" in html


def test_every_character_of_the_text_is_shown_once(client: Client) -> None:
    pieces = client.post(ADDRESS, {"text": TEXT}).context["pieces"]

    assert "".join(piece.text for piece in pieces) == TEXT


def test_a_file_is_checked_under_its_name(client: Client) -> None:
    file = SimpleUploadedFile("月报.txt", TEXT.encode())

    html = client.post(ADDRESS, {"text": "", "file": file}).content.decode()

    assert "月报.txt" in html
    assert "375 ÷ 1250" in html


def test_nothing_to_check_is_an_error_with_a_hint(client: Client) -> None:
    response = client.post(ADDRESS, {"text": "  "})

    assert response.status_code == 422
    assert "请粘贴一段文字" in response.content.decode()


def test_a_file_that_cannot_be_read_is_named_and_the_pasted_text_stays(client: Client) -> None:
    file = SimpleUploadedFile("扫描.bin", b"\0" * 5000)

    response = client.post(ADDRESS, {"text": "我的文字", "file": file})

    assert response.status_code == 422
    assert "扫描.bin" in response.content.decode()
    assert "我的文字" in response.content.decode()


def test_a_text_without_errors_says_so(client: Client) -> None:
    html = client.post(ADDRESS, {"text": "应办结工单420件,办结399件,办结率95%。"}).content.decode()

    assert "没有发现错误" in html


def test_a_text_without_claims_is_no_proof(client: Client) -> None:
    html = client.post(ADDRESS, {"text": "今天天气很好。"}).content.decode()

    assert "不等于没有错" in html


def test_the_english_page_has_english_verdicts(client: Client) -> None:
    with translation.override("zh-hans"):  # restores the language for the tests that follow
        html = client.post(ADDRESS, {"text": TEXT}, headers={"accept-language": "en"}).content.decode()

    assert "Wrong" in html
    assert "the text has 35%" in html


def test_a_text_that_takes_too_long_is_checked_in_part_or_refused_with_a_hint(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_check, "SECONDS", 0.5)

    response = client.post(ADDRESS, {"text": "共受理16件,办结9件、" * 8000})

    assert "请按章节分开再核对" in response.content.decode()


def test_a_text_that_a_limit_stops_stays_in_the_form_with_what_to_do(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_check, "LIMITS", Limits(seconds=5, wait=0.01))

    response = client.post(ADDRESS, {"text": TEXT})
    html = response.content.decode()

    assert response.status_code == 422
    assert "没能在限定的时间内核对完这份文字" in html
    assert "请按章节分开再核对" in html
    assert "共受理诉求1250件" in html


def test_more_checks_than_the_server_bears_are_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_check, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(foreign_check, "PATIENCE", 0.01)

    with foreign_check._places:
        response = client.post(ADDRESS, {"text": TEXT})

    assert response.status_code == 422
    assert "正在核对的文字太多" in response.content.decode()
