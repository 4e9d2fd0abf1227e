"""The office's calendar, and the lists of users and rights."""

from datetime import date, time

import pytest

from jiedao.audit.models import Entry
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.models import CalendarDay
from jiedao.orgs import office as calendar
from jiedao.orgs.selectors import build_rights_table, read_user_page
from jiedao.orgs.tests.people import Office, make_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office()


def test_setting_and_clearing_a_day_leave_entries(office: Office) -> None:
    day, actor = date(2027, 1, 1), office.actor("sys")
    calendar.set_day(actor=actor, day=day, is_workday=False, name="元旦")
    assert [(line.day, line.edited) for line in calendar.list_special_days(2027)] == [(day, True)]
    calendar.clear_day(actor=actor, day=day)
    calendar.clear_day(actor=actor, day=day)
    assert not CalendarDay.objects.exists()
    assert Entry.objects.filter(object_type="kernel.calendar").count() == 2


def test_a_known_year_lists_the_national_days(office: Office) -> None:
    lines = {line.day: line for line in calendar.list_special_days(2020)}
    assert not lines[date(2020, 5, 1)].is_workday
    assert lines[date(2020, 5, 9)].is_workday


def test_editing_the_calendar_requires_the_right(office: Office) -> None:
    with pytest.raises(NotAllowed):
        calendar.set_day(actor=office.actor("clerk"), day=date(2027, 1, 1), is_workday=False)
    with pytest.raises(NotAllowed):
        calendar.set_hours(actor=office.actor("sec"), hours=[(time(9), time(17))])


def test_hours_are_read_with_chinese_punctuation(office: Office) -> None:
    hours = calendar.parse_hours("08:30-12:00、14:00–17:30")
    calendar.set_hours(actor=office.actor("sys"), hours=hours)
    assert calendar.read_office_hours() == [(time(8, 30), time(12)), (time(14), time(17, 30))]


@pytest.mark.parametrize("text", ["", "9-12", "12:00-09:00", "09:00-12:00 11:00-13:00", "mornings"])
def test_invalid_hours_are_refused(office: Office, text: str) -> None:
    with pytest.raises(UserError):
        calendar.set_hours(actor=office.actor("sys"), hours=calendar.parse_hours(text))


def test_a_day_before_2000_is_refused(office: Office) -> None:
    with pytest.raises(UserError):
        calendar.set_day(actor=office.actor("sys"), day=date(1999, 1, 1), is_workday=True)


def test_users_are_searched_by_name_and_listed_in_pages(office: Office) -> None:
    assert [row.username for row in read_user_page("受理").rows] == ["clerk"]
    assert read_user_page("受理").rows[0].posts == ["受理员 · 云溪街道办事处"]
    assert read_user_page(after="head").rows[0].username == "new"
    assert read_user_page().total == 6


def test_the_table_of_rights_counts_users_by_post(office: Office) -> None:
    table = {line.right: line.posts for line in build_rights_table()}
    assert table["cases.case:view"] == [("受理员", 1), ("主任", 1)]
    assert table["cases.case:void"] == []
