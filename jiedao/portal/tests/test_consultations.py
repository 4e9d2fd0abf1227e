"""A consultation for the public: questions, a code, one answer, and the results, without a script."""

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.utils.translation import override

from jiedao.accounts.models import FailureCount
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.portal.consultations import visitors
from jiedao.publishing.consultations.actions import (
    ConsultationInput,
    PointInput,
    QuestionInput,
    end_consultation,
    publish_consultation,
    save_consultation,
)
from jiedao.publishing.consultations.answering import hand_out_codes
from jiedao.publishing.models import Consultation, ConsultationAnswer
from jiedao.publishing.models.consultations import ConsultationCode
from jiedao.publishing.tests.participation.conftest import give_rights
from jiedao.testing.cast import Town, make_town
from jiedao.testing.public_site import open_site


@pytest.fixture
def town(db: None) -> Town:
    town = give_rights(make_town())
    open_site()
    return town


def publish(town: Town, code_mode: str = "VISITOR") -> Consultation:
    questions = (
        QuestionInput("ONE", "路灯装在哪一边", required=True, choices=("东边", "西边")),
        QuestionInput("TEXT", "其他意见"),
    )
    today = clock.today()
    data = ConsultationInput(
        name="滨江路改造",
        intro="路灯怎么设。",
        unit_name="城市管理科",
        first_date=today,
        last_date=today + timedelta(days=3),
        code_mode=code_mode,
        questions=questions,
    )
    row = save_consultation(town.actor("shift"), data)
    return publish_consultation(town.actor("shift"), row.pk, version=1)


def list_fields(row: Consultation) -> list[str]:
    return [f"q_{question.pk}" for question in row.questions.order_by("position")]


def solve(client: Client, url: str) -> dict[str, str]:
    """Return the fields that a visitor without scripts sends for a code: the challenge of the form, and its answer."""
    page = client.get(url).text
    token = re.search(r'name="challenge" value="([^"]+)"', page)
    question = re.search(r"(\d+) 加 (\d+) 等于几", page)
    assert token is not None
    assert question is not None
    return {"do": "code", "challenge": token[1], "answer": str(int(question[1]) + int(question[2]))}


def take_code(client: Client, url: str, **data: str) -> tuple[str, str]:
    page = client.post(url, {**data, **solve(client, url)}).text
    match = re.search(r'<p class="c-code">([^<]+)</p>', page)
    assert match is not None, page
    return match[1], page


def test_a_visitor_takes_a_code_answers_once_and_keeps_what_was_chosen(town: Town, client: Client) -> None:
    row = publish(town)
    url, (choice, words) = f"/consultations/{row.pk}/", list_fields(row)
    assert "滨江路改造" in client.get("/consultations/").text
    assert not client.get("/consultations/").cookies

    code, page = take_code(client, url, **{choice: "1", words: "路边太暗"})
    assert 'value="1"\n              type="radio" checked' in page
    assert "路边太暗</textarea>" in page
    answer = client.post(url, {choice: "1", words: "路边太暗", "code": code, "do": "answer"})
    again = client.post(url, {choice: "0", "code": code, "do": "answer"})

    assert answer.headers["Location"] == f"{url}thanks/"
    assert "已收到您的意见" in client.get(f"{url}thanks/").text
    assert again.status_code == 422
    assert "已经用过" in again.text
    assert ConsultationAnswer.objects.count() == 1


def test_a_visitor_answers_in_one_form_and_keeps_the_code_after_a_mistake(town: Town, client: Client) -> None:
    row = publish(town)
    url, (choice, words) = f"/consultations/{row.pk}/", list_fields(row)
    page = client.get(url).text
    assert page.index('id="code"') < page.index(f'name="{choice}"')

    refused = client.post(url, {**solve(client, url), "do": "answer", words: "路边太暗"})
    code = re.search(r'id="code" name="code" value="([^"]+)"', refused.text)

    assert refused.status_code == 422
    assert "要回答" in refused.text
    assert "路边太暗</textarea>" in refused.text
    assert code is not None
    answer = client.post(url, {"do": "answer", "code": code[1], choice: "1", words: "路边太暗"})
    assert answer.headers["Location"] == f"{url}thanks/"
    at_once = client.post(url, {**solve(client, url), "do": "answer", choice: "0"})
    assert at_once.headers["Location"] == f"{url}thanks/"
    assert client.post(url, {"do": "answer", choice: "0"}).status_code == 422
    assert ConsultationAnswer.objects.count() == 2


def test_a_reader_of_english_reads_the_questions_and_the_reasons_in_english(town: Town) -> None:
    today = clock.today()
    question = QuestionInput(
        "ONE", "装在哪一边", True, ("东边", "西边"), "On which side?", ("East side", "West side")
    )
    data = ConsultationInput(
        name="滨江路改造",
        name_en="Rebuilding of Riverside Road",
        intro="路灯怎么设。",
        intro_en="Where the lamps should be.",
        unit_name="City Management",
        first_date=today,
        last_date=today,
        questions=(question,),
    )
    row = save_consultation(town.actor("shift"), data)
    row = publish_consultation(town.actor("shift"), row.pk, version=1)
    english = Client(headers={"accept-language": "en"})
    page = english.get(f"/consultations/{row.pk}/").text
    for words in ("Where the lamps should be.", "On which side?", "East side"):
        assert words in page
    assert "装在哪一边" not in page
    with clock.at(clock.now() + timedelta(days=2)):
        end_consultation(
            town.actor("shift"),
            row.pk,
            outcome="装在东边。",
            outcome_en="They stand on the east side.",
            points=[PointInput("装亮一点", "ADOPTED", "换 60 瓦", "Brighter lamps", "60 watts")],
            version=row.version,
        )
        page = english.get(f"/consultations/{row.pk}/").text
    for words in ("They stand on the east side.", "Brighter lamps", "60 watts", "West side"):
        assert words in page


def test_english_choices_match_the_chinese_ones(town: Town) -> None:
    question = QuestionInput("ONE", "装在哪一边", True, ("东边", "西边"), "On which side?", ("East side",))
    today = clock.today()
    data = ConsultationInput("改造", "说明", "城管科", today, today, questions=(question,))
    with override("zh-hans"), pytest.raises(UserError, match="英文选项有 1 个"):
        save_consultation(town.actor("shift"), data)


def test_a_missing_answer_is_asked_at_its_question(town: Town, client: Client) -> None:
    row = publish(town)
    url = f"/consultations/{row.pk}/"
    code, _page = take_code(client, url)

    answer = client.post(url, {"code": code, "do": "answer"})

    assert answer.status_code == 422
    assert "要回答" in answer.text
    assert f'value="{code}"' in answer.text


def test_an_address_takes_a_limited_number_of_codes(
    town: Town, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "MOST_CODES", 2)
    row = publish(town)
    url = f"/consultations/{row.pk}/"
    for _turn in range(2):
        take_code(client, url)

    answer = client.post(url, solve(client, url))
    other = client.post(url, solve(client, url), REMOTE_ADDR="203.0.113.7")

    assert answer.status_code == 429
    assert "分钟后再领" in answer.text
    assert other.status_code == 200


def test_an_address_takes_a_limited_number_of_codes_in_a_day(
    town: Town, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "MOST_IN_A_DAY", 1)
    row = publish(town)
    url = f"/consultations/{row.pk}/"
    take_code(client, url)
    FailureCount.objects.update(since_at=F("since_at") - timedelta(hours=1))

    answer = client.post(url, solve(client, url))

    assert (answer.status_code, "明天再领" in answer.text) == (429, True)
    assert ConsultationCode.objects.count() == 1


def test_a_code_needs_the_challenge_and_the_same_one_gives_the_same_code(town: Town, client: Client) -> None:
    row = publish(town)
    url = f"/consultations/{row.pk}/"
    sent = solve(client, url)

    for faulty in ({"do": "code"}, {**sent, "answer": "99"}, {**sent, "challenge": "forged"}):
        answer = client.post(url, faulty)
        assert answer.status_code == 422
        assert 'class="c-code"' not in answer.text
    codes = {re.search(r'"c-code">([^<]+)<', client.post(url, sent).text)[1] for _turn in range(2)}  # type: ignore[index]
    assert len(codes) == 1


def test_a_handed_out_code_answers_and_the_page_gives_none(town: Town, client: Client) -> None:
    row = publish(town, "HANDED")
    url = f"/consultations/{row.pk}/"
    [code] = hand_out_codes(town.actor("shift"), row, 1)

    assert "先领参与码" not in client.get(url).text
    assert client.post(url, {"do": "code"}).status_code == 422
    assert client.post(url, {list_fields(row)[0]: "0", "code": code, "do": "answer"}).status_code == 302


def test_results_are_shown_with_what_was_done_and_without_the_words(town: Town, client: Client) -> None:
    row = publish(town)
    url, (choice, words) = f"/consultations/{row.pk}/", list_fields(row)
    code, _page = take_code(client, url)
    client.post(url, {choice: "0", words: "我住三栋", "code": code, "do": "answer"})

    with clock.at(clock.now() + timedelta(days=4)):
        assert "结果会在这一页公布" in client.get(url).text
        assert client.post(url, {choice: "0", "do": "answer", "code": code}).status_code == 409
        points = [PointInput("装亮一点", "ADOPTED", "换 60 瓦")]
        end_consultation(
            town.actor("shift"), row.pk, outcome="装在东边。", points=points, version=row.version
        )
        page = client.get(url).text

    for word in ("装在东边。", "装亮一点", "采纳", "换 60 瓦", "100.0%"):
        assert word in page, word
    assert "我住三栋" not in page


def test_the_english_page_names_the_unit_and_marks_what_is_in_chinese(town: Town, client: Client) -> None:
    row = publish(town)

    page = client.get(f"/consultations/{row.pk}/", headers={"accept-language": "en"}).text

    assert "Urban Management" in page
    assert "written by the office in Chinese" in page
    assert '<div class="p-card p-text" lang="zh-CN"><p>路灯怎么设。</p></div>' in page
    assert "城市管理科" not in page
