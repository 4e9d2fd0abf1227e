"""Reading offices: what is stored, what is refused, and that one office stops none of the others."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner

from jiedao.delivery.tests.servers import WebServer, run_web_server
from jiedao.district import client, wordings
from jiedao.district.actions import add_office
from jiedao.district.commands import office_group
from jiedao.district.jobs import read_all, read_soon
from jiedao.district.models import Office, OfficeFigure
from jiedao.district.reading import list_running_periods, read_office, read_offices
from jiedao.district.tests.published import make_answer, make_figure
from jiedao.district.wordings import OfficeState
from jiedao.kernel.jobs import run_pending
from jiedao.kernel.models import Job
from jiedao.kernel.outbound import Limits
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import make_system_actor

HALF = parse_period("2020H1")


def read(office: Office, server: WebServer, body: bytes) -> str:
    """Return the code of the fault, "" for none."""
    server.body = body
    fault = read_office(office, [HALF]).fault
    office.refresh_from_db()
    return fault.code if fault else ""


def test_a_figure_is_stored_with_its_definition(office: Office, server: WebServer) -> None:
    assert read(office, server, make_answer(make_figure())) == ""
    figure = OfficeFigure.objects.get()
    assert (figure.value, figure.text, figure.unit_label) == (Decimal("90.5"), "90.5", "%")
    assert (figure.version, figure.is_ended, figure.period.text) == ("v1", True, "2020H1")
    assert server.requests[0][0] == "/api/v1/published-figures?period=2020H1"


def test_a_second_reading_replaces_the_figures(office: Office, server: WebServer) -> None:
    read(office, server, make_answer(make_figure(), make_figure("gone")))
    read(office, server, make_answer(make_figure(value="91")))
    assert [(row.measure, row.text) for row in OfficeFigure.objects.all()] == [("cases.on_time_rate", "91.0")]


def test_no_data_is_null_with_its_reason(office: Office, server: WebServer) -> None:
    read(office, server, make_answer(make_figure(value=None, note="没有数据：尚未填报")))
    figure = OfficeFigure.objects.get()
    assert (figure.value, figure.text, figure.note) == (None, "—", "没有数据：尚未填报")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (make_answer(make_figure(), first="2019-07-01", last="2019-12-31"), wordings.OTHER_PERIOD),
        (make_answer(make_figure(), code="440307009"), wordings.OTHER_TOWN),
        (make_answer(make_figure(), towns=[]), wordings.OTHER_TOWN),
        (make_answer(make_figure(), make_figure()), wordings.BAD_FIGURES),
        (make_answer(make_figure(), make_figure("m2", value="many")), wordings.BAD_FIGURES),
        (make_answer(make_figure(value="NaN")), wordings.BAD_FIGURES),
        (make_answer(make_figure(value="1e30")), wordings.BAD_FIGURES),
        (make_answer(make_figure(better="sideways")), wordings.BAD_FIGURES),
        (make_answer(make_figure(name="长" * 81)), wordings.BAD_FIGURES),
        (make_answer(as_of="yesterday"), wordings.BAD_FIGURES),
        (make_answer(as_of="9999-12-31T23:59:59Z"), wordings.BAD_FIGURES),
        (make_answer(as_of="0001-01-01T00:00:00+14:00"), wordings.BAD_FIGURES),
        (make_answer(make_figure(value="1e999999999999")), wordings.BAD_FIGURES),
        (make_answer(make_figure("a/b")), wordings.BAD_FIGURES),
        (make_answer(make_figure("<script>")), wordings.BAD_FIGURES),
        (b'{"figures": []}', wordings.BAD_FIGURES),
        (b"<html>", wordings.NONSENSE),
    ],
)
def test_an_answer_that_cannot_be_used_leaves_the_last_good_values(
    office: Office, server: WebServer, body: bytes, code: str
) -> None:
    read(office, server, make_answer(make_figure()))
    assert read(office, server, body) == code
    assert OfficeFigure.objects.get().value == Decimal("90.5")
    assert office.state == OfficeState.FAULTY


def test_an_older_office_without_the_address_is_a_fault(office: Office, server: WebServer) -> None:
    server.status = 404
    assert read(office, server, b'{"message": "no such address"}') == wordings.REFUSED
    assert office.state == OfficeState.FAULTY


def test_an_answer_to_another_request_does_not_hide_that_figures_cannot_be_read(
    office: Office, server: WebServer
) -> None:
    read(office, server, make_answer(make_figure(value="NaN")))
    client.OfficeClient(office).get("/api/v1/cases")
    office.refresh_from_db()
    assert office.state == OfficeState.FAULTY
    assert office.fault is not None
    assert office.fault.code == wordings.BAD_FIGURES
    read(office, server, make_answer(make_figure()))
    assert office.state == OfficeState.ANSWERS


def test_an_office_that_hangs_stops_none_of_the_others(
    office: Office, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LIMITS", Limits(pause=0.2, total=0.4, size=100_000))
    server.pause = 3.0
    with run_web_server() as other_server:
        other_server.body = make_answer(make_figure(), code="440307003")
        other = add_office(
            actor=make_system_actor(),
            code="BANTIAN",
            name="坂田街道",
            address=f"http://127.0.0.1:{other_server.port}",
            area="440307003",
            token="jd_other",
        )
        first, second = read_offices([office, other], [HALF])
    assert first.fault is not None
    assert first.fault.code == wordings.NO_ANSWER
    assert (second.fault, second.figures) == (None, 1)


def test_a_fault_ends_the_reading_of_that_office(office: Office, server: WebServer) -> None:
    server.status = 503
    read_office(office, [HALF, parse_period("2020-06")])
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("today", "wanted"),
    [
        (date(2020, 6, 30), ["2020H1", "2020-06", "2020-05"]),
        (date(2020, 7, 15), ["2020H2", "2020-07", "2020H1", "2020-06"]),
        (date(2020, 8, 31), ["2020H2", "2020-08", "2020-07"]),
    ],
)
def test_periods_that_ended_lately_are_read_too(today: date, wanted: list[str]) -> None:
    assert [period.text for period in list_running_periods(today)] == wanted


def test_the_hourly_job_reads_active_offices(office: Office, server: WebServer) -> None:
    read_all()
    read_all()
    assert Job.objects.filter(name="district.read_office").count() == 1
    Office.objects.update(active=False)
    read_all()
    run_pending()
    assert server.requests == []


@pytest.mark.django_db(transaction=True)
def test_reading_soon_runs_a_job_for_each_office(office: Office, server: WebServer) -> None:
    server.body = make_answer(make_figure())
    assert read_soon(HALF) == 1
    run_pending()
    assert OfficeFigure.objects.count() == 1


def test_the_command_states_what_each_office_gave(office: Office, server: WebServer) -> None:
    server.body = make_answer(make_figure())
    result = CliRunner().invoke(office_group, ["read", "--period", "2020H1", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output) == [{"office": "BUJI", "figures": 1, "periods": 1, "fault": None}]


def test_the_command_exits_with_1_where_an_office_could_not_be_read(
    office: Office, server: WebServer
) -> None:
    server.body = b"<html>"
    result = CliRunner().invoke(office_group, ["read", "BUJI", "--period", "2020H1"])
    assert result.exit_code == 1
    assert "BUJI" in result.output


def test_removing_an_office_deletes_its_figures(office: Office, server: WebServer) -> None:
    read(office, server, make_answer(make_figure()))
    CliRunner().invoke(office_group, ["remove", "BUJI"])
    assert not OfficeFigure.objects.exists()


def test_an_answer_of_five_megabytes_is_not_stored(office: Office, server: WebServer) -> None:
    long: dict[str, Any] = make_figure(note="x" * 5_000_000)
    assert read(office, server, make_answer(long)) == wordings.TOO_LARGE
    assert not OfficeFigure.objects.exists()
