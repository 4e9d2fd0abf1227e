"""Consultations: one answer a code, no way from an answer to a person, and results with what was done."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.publishing.consultations import selectors
from jiedao.publishing.consultations.actions import (
    ConsultationInput,
    PointInput,
    QuestionInput,
    end_consultation,
    extend_consultation,
    publish_consultation,
    save_consultation,
    withdraw_consultation,
)
from jiedao.publishing.consultations.answering import give_answer, give_visitor_code, hand_out_codes
from jiedao.publishing.consultations.selectors import (
    count_all_answers,
    count_answers,
    count_results,
    count_text_pages,
    get_public_consultation,
    list_public_consultations,
    list_texts,
)
from jiedao.publishing.jobs import erase_consultation_texts
from jiedao.publishing.models import Consultation, ConsultationAnswer, ConsultationCode
from jiedao.testing.cast import Town

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 20)
QUESTIONS = (
    QuestionInput("ONE", "路灯装在哪一边", required=True, choices=("东边", "西边")),
    QuestionInput("SEVERAL", "还要什么", choices=("长椅", "树", "垃圾桶")),
    QuestionInput("TEXT", "其他意见"),
)
DATA = ConsultationInput(
    name="滨江路改造", intro="路灯和座椅怎么设。", unit_name="城市管理科", first_date=FIRST, last_date=LAST,
    questions=QUESTIONS,
)  # fmt: skip


def at(day: date, hour: int = 10) -> Any:
    return clock.at(datetime(day.year, day.month, day.day, hour, tzinfo=clock.TOWN_TZ))


@pytest.fixture(autouse=True)
def first_day() -> Iterator[None]:
    with at(FIRST):
        yield


def save(town: Town, data: ConsultationInput = DATA) -> Consultation:
    return save_consultation(town.actor("shift"), data)


def publish(town: Town, data: ConsultationInput = DATA) -> Consultation:
    return publish_consultation(town.actor("shift"), save(town, data).pk, version=1)


def build_answer(row: Consultation, *values: list[str]) -> dict[str, list[str]]:
    questions = row.questions.order_by("position")
    return {f"q_{question.pk}": value for question, value in zip(questions, values, strict=False)}


def test_a_code_gives_one_answer(town: Town) -> None:
    row = publish(town)
    code = give_visitor_code(row, uuid.uuid4())

    give_answer(row, code.lower().replace("-", " "), build_answer(row, ["0"], ["0", "2"], ["路边太暗"]))

    with pytest.raises(UserError, match="已经用过") as refusal:
        give_answer(row, code, build_answer(row, ["1"]))
    assert refusal.value.field == "code"
    results = count_results(row)
    assert [(choice.label, choice.count, choice.share) for choice in results[0].choices] == [
        ("东边", 1, 100.0),
        ("西边", 0, 0.0),
    ]
    assert [choice.count for choice in results[1].choices] == [1, 0, 1]
    assert (results[2].answered, results[2].choices) == (1, [])


def test_one_challenge_gives_one_code_however_often_it_is_sent(town: Town) -> None:
    row, other, key = publish(town), publish(town), uuid.uuid4()

    assert give_visitor_code(row, key) == give_visitor_code(row, key) != give_visitor_code(other, key)
    assert ConsultationCode.objects.filter(consultation=row).count() == 1


def test_an_answer_that_cannot_be_read_does_not_use_up_the_code(town: Town) -> None:
    row = publish(town)
    code = give_visitor_code(row, uuid.uuid4())

    for faulty in (
        build_answer(row, [], ["0"]),
        build_answer(row, ["2"]),
        build_answer(row, ["0", "1"]),
        build_answer(row, ["0"], ["0", "x"]),
        build_answer(row, ["0"], [], ["长" * 2001]),
    ):
        with pytest.raises(UserError) as refusal:
            give_answer(row, code, faulty)
        assert refusal.value.field.startswith("q_")

    give_answer(row, code, build_answer(row, ["0"]))
    assert ConsultationAnswer.objects.count() == 1


def test_a_guessed_code_and_that_of_another_consultation_are_refused(town: Town) -> None:
    row, other = publish(town), publish(town, replace(DATA, name="公园改造"))

    for code in ("", "2222-2222-2222", give_visitor_code(other, uuid.uuid4())):
        with pytest.raises(UserError, match="没有这个参与码"):
            give_answer(row, code, build_answer(row, ["0"]))


def test_nothing_leads_from_an_answer_to_its_code_or_its_words(town: Town) -> None:
    row = publish(town)
    code = give_visitor_code(row, uuid.uuid4())
    give_answer(row, code, build_answer(row, ["0"], [], ["我住三栋，路边太暗"]))

    stored = ConsultationAnswer.objects.values().get()
    assert set(stored) == {"id", "consultation_id", "day", "values"}
    assert "太暗" not in str(stored)
    assert code not in str(ConsultationCode.objects.values().get())
    [texts] = list_texts(town.actor("shift"), row).values()
    assert texts == ["我住三栋，路边太暗"]
    with pytest.raises(NotAllowed):
        list_texts(town.actor("registrar"), row)


@pytest.mark.parametrize(
    ("day", "words"), [(FIRST - timedelta(days=1), "开始"), (LAST + timedelta(days=1), "截止")]
)
def test_answers_are_taken_from_the_first_to_the_last_day_only(town: Town, day: date, words: str) -> None:
    row = publish(town)
    code = give_visitor_code(row, uuid.uuid4())

    with at(day), pytest.raises(Stale, match=words):
        give_answer(row, code, build_answer(row, ["0"]))

    with at(LAST, 23):
        give_answer(row, code, build_answer(row, ["0"]))


def test_visitors_get_no_code_where_only_handed_out_codes_may_answer(town: Town) -> None:
    row = publish(town, replace(DATA, code_mode="HANDED"))
    with pytest.raises(UserError, match="参与码"):
        give_visitor_code(row, uuid.uuid4())

    codes = hand_out_codes(town.actor("shift"), row, 3)

    assert len(set(codes)) == 3
    give_answer(row, codes[2], build_answer(row, ["1"]))
    with pytest.raises(NotAllowed):
        hand_out_codes(town.actor("registrar"), row, 1)
    with pytest.raises(UserError, match="1 到 2000"):
        hand_out_codes(town.actor("shift"), row, 2001)


def test_what_is_public_no_longer_changes_and_is_only_extended(town: Town) -> None:
    shift = town.actor("shift")
    row = publish(town)

    with pytest.raises(Stale):
        save_consultation(shift, DATA, pk=row.pk, version=row.version)
    with pytest.raises(UserError, match="晚于"):
        extend_consultation(shift, row.pk, last_date=LAST, version=row.version)
    row = extend_consultation(shift, row.pk, last_date=LAST + timedelta(days=5), version=row.version)
    assert row.last_date == LAST + timedelta(days=5)
    with pytest.raises(Stale):
        withdraw_consultation(shift, row.pk, version=1)


def test_results_come_after_the_last_day_with_what_was_done(town: Town) -> None:
    shift, row = town.actor("shift"), publish(town)
    points = [PointInput("路灯要更亮", "ADOPTED", "换成 60 瓦，12 月底前装好。")]
    with pytest.raises(UserError, match="截止"):
        end_consultation(shift, row.pk, outcome="照办", points=points, version=row.version)

    with at(LAST + timedelta(days=1)):
        with pytest.raises(UserError, match="第 1 条"):
            end_consultation(
                shift, row.pk, outcome="照办", points=[PointInput("更亮", "ADOPTED", "")], version=row.version
            )
        row = end_consultation(shift, row.pk, outcome="照办", points=points, version=row.version)
        row = end_consultation(shift, row.pk, outcome="已照办", points=points, version=row.version)

        shown = get_public_consultation(row.pk)
    assert (shown.stage, shown.outcome, shown.points.count()) == ("ENDED", "已照办", 1)


def test_the_results_of_an_ended_consultation_are_stored_and_no_answer_is_read(
    town: Town, django_assert_num_queries: Any
) -> None:
    row = publish(town)
    for choice in ("0", "0", "1"):
        give_answer(row, give_visitor_code(row, uuid.uuid4()), build_answer(row, [choice], ["2"], ["太暗"]))
    live = count_results(row)
    with at(LAST + timedelta(days=1)):
        end_consultation(town.actor("shift"), row.pk, outcome="照办", points=[], version=row.version)
    row.refresh_from_db()

    with django_assert_num_queries(1):  # the questions
        assert (count_answers(row), count_results(row)) == (3, live)
    assert count_all_answers([row]) == {row.pk: 3}


def test_every_text_is_on_one_page(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "MOST_TEXTS", 2)
    row, shift = publish(town), town.actor("shift")
    texts = [f"意见{number}" for number in range(5)]
    for text in texts:
        give_answer(row, give_visitor_code(row, uuid.uuid4()), build_answer(row, ["0"], [], [text]))

    assert count_text_pages(count_results(row)) == 3
    pages = [next(iter(list_texts(shift, row, page).values())) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(text for page in pages for text in page) == texts


def test_texts_that_come_in_after_an_extension_are_erased_too(town: Town) -> None:
    row = publish(town)
    late = LAST + timedelta(days=400)
    with at(late):
        assert erase_consultation_texts() == 1
        row = extend_consultation(town.actor("shift"), row.pk, last_date=late, version=row.version)
        give_answer(row, give_visitor_code(row, uuid.uuid4()), build_answer(row, ["0"], [], ["太暗"]))
    with at(late + timedelta(days=366)):
        assert erase_consultation_texts() == 1
    assert list(list_texts(town.actor("shift"), row).values()) == [[]]


def test_the_public_sees_no_draft_no_future_and_no_withdrawn_one(town: Town) -> None:
    shift = town.actor("shift")
    draft = save(town)
    later = publish(town, replace(DATA, name="明天开始", first_date=FIRST + timedelta(days=1)))
    gone, shown = publish(town), publish(town)
    withdraw_consultation(shift, gone.pk, version=gone.version)

    assert list_public_consultations() == [shown]
    for row in (draft, later, gone):
        with pytest.raises(NotFoundError):
            get_public_consultation(row.pk)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"last_date": FIRST - timedelta(days=1)}, "last_date"),
        ({"code_mode": "ALL"}, "code_mode"),
        ({"questions": (QuestionInput("ONE", "问", choices=("只有一个",)),)}, "questions"),
        ({"questions": (QuestionInput("ONE", "问", choices=("同", "同")),)}, "questions"),
        ({"questions": (QuestionInput("TEXT", "问", choices=("甲", "乙")),)}, "questions"),
        ({"questions": (QuestionInput("STARS", "问"),)}, "questions"),
        ({"questions": (QuestionInput("TEXT", ""),)}, "questions"),
    ],
)
def test_what_is_not_complete_is_refused_with_its_field(
    town: Town, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(UserError) as refusal:
        save(town, replace(DATA, **change))

    assert refusal.value.field == field


def test_a_consultation_without_questions_is_not_published(town: Town) -> None:
    row = save(town, replace(DATA, questions=()))

    with pytest.raises(UserError, match="还没有问题"):
        publish_consultation(town.actor("shift"), row.pk, version=1)


def test_managing_needs_the_right(town: Town) -> None:
    with pytest.raises(NotAllowed):
        save_consultation(town.actor("registrar"), DATA)


def test_texts_are_erased_a_year_after_the_last_day_and_counts_stay(town: Town) -> None:
    row = publish(town)
    give_answer(row, give_visitor_code(row, uuid.uuid4()), build_answer(row, ["0"], ["1"], ["路边太暗"]))
    before = count_results(row)

    with at(LAST + timedelta(days=365)):
        assert erase_consultation_texts() == 0
    with at(LAST + timedelta(days=366)):
        assert erase_consultation_texts() == 1
        assert erase_consultation_texts() == 0

    assert count_results(row) == before
    assert list(list_texts(town.actor("shift"), row).values()) == [[]]
    assert Entry.objects.get(action="publishing.consultation:erase").after == {"texts": 1}


def test_the_database_refuses_days_out_of_order(town: Town) -> None:
    row = save(town)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consultation.objects.filter(pk=row.pk).update(last_date=FIRST - timedelta(days=1))
