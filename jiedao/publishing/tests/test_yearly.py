"""The yearly report on open information: its balances hold, or it cannot be published."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.publishing.actions.yearly import list_faults, make_yearly_publication, save_yearly_report
from jiedao.publishing.models import YearlyReport
from jiedao.publishing.selectors.publications import read_body
from jiedao.publishing.tests.people import REVIEWER, WRITER, publish, write
from jiedao.publishing.yearly import APPLICANTS, RESULTS, compute_balance, count_matters, find_faults
from jiedao.testing.cast import Town, walk

BALANCED = {"new": {"person": 5}, "granted": {"person": 4}, "carried_out": {"person": 1}}
NEW_YEAR = datetime(2021, 1, 10, 2, tzinfo=UTC)


def save(town: Town, year: int, applications: Any, version: int = 0, **values: Any) -> YearlyReport:
    return save_yearly_report(
        actor=town.actor(WRITER),
        year=year,
        version=version,
        applications=applications,
        disputes=values.pop("disputes", {}),
        typed=values.pop("typed", {}),
        texts=values,
    )


def test_a_balanced_report_becomes_a_publication_with_its_numbers(town: Town) -> None:
    with clock.at(datetime(2019, 12, 31, 2, tzinfo=UTC)):
        publish(town, write(town, document_date=date(2019, 12, 30)))
        walk(town, to="CLOSED", subject="去年的一处")
    publish(town, write(town))
    walk(town, to="CLOSED")
    walk(town, to="FILED", subject="另一处")
    with clock.at(NEW_YEAR):
        save(town, 2020, BALANCED, overview="依法公开。")
        publication = make_yearly_publication(actor=town.actor(WRITER), year=2020)
        text = read_body(publication).text
        assert publication.title == "云溪街道办事处2020年政府信息公开工作年度报告"
        assert "通知公告 | 1" in text
        assert "本年新收政府信息公开申请数量 | 5 | 0 | 0 | 0 | 0 | 0 | 5" in text
        assert "即 5 + 0 = 4 + 1" in text
        assert "即 2 + 0 = 1 + 1" in text
        assert publish(town, publication).is_public


def test_an_unbalanced_report_is_saved_but_not_published(town: Town) -> None:
    report = save(town, 2019, {**BALANCED, "granted": {"person": 3}})
    assert [(fault.row, fault.applicant) for fault in list_faults(report)] == [("carried_out", "person")]
    with pytest.raises(UserError, match="5 \\+ 0 ≠ 3 \\+ 1"):
        make_yearly_publication(actor=town.actor(WRITER), year=2019)


def test_what_is_carried_over_is_what_the_year_before_carried_on(town: Town) -> None:
    save(town, 2018, BALANCED)
    report = save(town, 2019, {"carried_in": {"person": 2}, "granted": {"person": 2}})
    assert [fault.row for fault in list_faults(report)] == ["carried_in"]
    assert "结转下年 1" in str(list_faults(report)[0])


def test_a_year_that_is_not_over_cannot_be_published(town: Town) -> None:
    save(town, 2020, BALANCED)
    with pytest.raises(UserError, match="还没有过完"):
        make_yearly_publication(actor=town.actor(WRITER), year=2020)


def test_a_year_has_one_publication_until_it_is_withdrawn_or_discarded(town: Town) -> None:
    save(town, 2019, BALANCED)
    make_yearly_publication(actor=town.actor(WRITER), year=2019)
    with pytest.raises(UserError, match="已经生成"):
        make_yearly_publication(actor=town.actor(WRITER), year=2019)


@pytest.mark.parametrize(
    ("year", "applications", "field"),
    [(2007, {}, "year"), (2021, {}, "year"), (2019, {"new": {"person": -1}}, "new-person")],
)
def test_an_impossible_year_or_number_is_refused(
    town: Town, year: int, applications: Any, field: str
) -> None:
    with pytest.raises(UserError) as fault:
        save(town, year, applications)
    assert fault.value.field == field


def test_only_writers_save_and_a_second_save_needs_the_present_version(town: Town) -> None:
    save(town, 2019, BALANCED)
    with pytest.raises(Stale):
        save(town, 2019, BALANCED)
    with pytest.raises(NotAllowed):
        save_yearly_report(
            actor=town.actor(REVIEWER), year=2018, version=0, applications={}, disputes={}, texts={}
        )


def test_a_year_before_the_first_record_states_no_zeros(town: Town) -> None:
    walk(town, to="CLOSED")
    save(town, 2019, BALANCED)
    assert list_faults(YearlyReport.objects.get(year=2019)) == []
    text = read_body(make_yearly_publication(actor=town.actor(WRITER), year=2019)).text
    assert "本年公布的信息：无记录。" in text
    assert "本年的群众诉求：无记录。" in text
    assert "行政诉讼情况\n无记录。" in text
    for words in ("本年上报", "通知公告 |", "行政复议 |", "0 + 0"):
        assert words not in text


def test_a_year_that_is_covered_in_part_states_from_which_day(town: Town) -> None:
    publish(town, write(town))
    day = clock.today().isoformat()
    walk(town, to="FILED")
    with clock.at(NEW_YEAR):
        save(town, 2020, BALANCED)
        text = read_body(make_yearly_publication(actor=town.actor(WRITER), year=2020)).text
    assert f"在本网站公布的信息从 {day} 起有记录。" in text
    assert f"群众诉求从 {day} 起有记录" in text
    assert "上年未结 | 无记录" in text
    assert "即 1 = 0 + 1" in text


def test_what_the_records_do_not_cover_is_typed_with_its_source(town: Town) -> None:
    matters = {"carried_in": 3, "new": 1200, "out": 1190, "carried_out": 12, "source": "2019年热线登记簿"}
    with pytest.raises(UserError) as fault:
        save(town, 2019, BALANCED, typed={"matters": {**matters, "source": " "}})
    assert fault.value.field == "matters-source"
    with pytest.raises(UserError) as fault:
        save(town, 2019, BALANCED, typed={"matters": {**matters, "out": None}})
    assert fault.value.field == "matters-out"
    report = save(town, 2019, BALANCED, typed={"matters": matters})
    assert "1,200 + 3 ≠ 1,190 + 12" in str(list_faults(report)[0])
    save(town, 2019, BALANCED, version=1, typed={"matters": {**matters, "carried_out": 13}})
    text = read_body(make_yearly_publication(actor=town.actor(WRITER), year=2019)).text
    assert "即 1,200 + 3 = 1,190 + 13" in text
    assert "来源：2019年热线登记簿。" in text


NUMBERS = st.integers(0, 50)


@given(
    new=NUMBERS, carried_in=NUMBERS, results=st.lists(NUMBERS, min_size=6, max_size=6), carried_out=NUMBERS
)
def test_a_balance_holds_exactly_if_both_sides_are_equal(
    new: int, carried_in: int, results: list[int], carried_out: int
) -> None:
    rows = {"new": new, "carried_in": carried_in, "carried_out": carried_out}
    rows |= dict(zip(RESULTS, results, strict=True))
    numbers = {row: {"business": number} for row, number in rows.items()}
    assert compute_balance(numbers).holds == (new + carried_in == sum(results) + carried_out)
    empty = compute_balance({})
    assert bool(find_faults(numbers, None, empty)) != compute_balance(numbers, "business").holds
    assert all(compute_balance(numbers, name).holds for name in APPLICANTS if name != "business")


def test_the_matters_of_two_years_are_carried_from_one_to_the_next(town: Town) -> None:
    with clock.at(NEW_YEAR - timedelta(days=20)):
        walk(town, to="CLOSED")
        walk(town, to="FILED", subject="跨年的一处")
    with clock.at(NEW_YEAR):
        walk(town, to="FILED", subject="新年的一处")
        before, now = count_matters(2020), count_matters(2021)
    assert (before.new, before.out, before.carried_out) == (2, 1, 1)
    assert (now.carried_in, now.new, now.out, now.carried_out) == (1, 1, 0, 2)
    assert before.holds
    assert now.holds
