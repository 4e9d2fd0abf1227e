"""Writing, signing and freezing a report, and what has changed since."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils.translation import override

from jiedao.audit.models import Entry
from jiedao.indicators.figure import TOWN, Place
from jiedao.indicators.models import Measure
from jiedao.indicators.parts import Part
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.periods import parse_period
from jiedao.reports import selectors
from jiedao.reports.actions import signing, writing
from jiedao.reports.actions.planning import mark_not_promise
from jiedao.reports.actions.signing import sign_report, withdraw_signature
from jiedao.reports.actions.writing import begin_report, save_version
from jiedao.reports.building import build_document
from jiedao.reports.changes import find_changes
from jiedao.reports.document import Document
from jiedao.reports.freezing import digest, freeze, thaw
from jiedao.reports.models import Report, ReportVersion, Signature
from jiedao.reports.output.web import write_html
from jiedao.reports.selectors import find_report_template, find_signature, list_reports, read_report
from jiedao.reports.tests.conftest import TEXT, ReportTown

JUNE = parse_period("2020-06")


@pytest.fixture
def report(report_town: ReportTown) -> Report:
    """Return the report of June that handler began."""
    return begin_report(
        actor=report_town.town.actor("handler"), template=report_town.template, period=JUNE, place=TOWN
    )


def sign(report_town: ReportTown, report: Report, username: str = "leader", number: int = 1) -> Signature:
    return sign_report(actor=report_town.town.actor(username), report_id=report.pk, number=number)


def save(report_town: ReportTown, report: Report, text: str, base: int = 1) -> ReportVersion:
    actor = report_town.town.actor("handler")
    return save_version(actor=actor, report_id=report.pk, base=base, text=text, note="改")


def test_a_report_begins_with_the_text_of_its_template(report: Report) -> None:
    document = read_report(report)
    assert document.title == "2020年6月工作月报"
    assert "拆除违建2处，面积超500平方米，完成任务的90%。" in document.text
    assert Entry.objects.filter(action="reports.report:begin").count() == 1


def test_a_period_has_one_report(report_town: ReportTown, report: Report) -> None:
    with pytest.raises(UserError, match="已经有了"):
        begin_report(
            actor=report_town.town.actor("shift"), template=report_town.template, period=JUNE, place=TOWN
        )


@pytest.mark.parametrize(("period", "field"), [("2020-W26", "period"), ("2020", "period")])
def test_a_template_is_for_periods_of_one_length(report_town: ReportTown, period: str, field: str) -> None:
    with pytest.raises(UserError) as refusal:
        begin_report(
            actor=report_town.town.actor("handler"),
            template=report_town.template,
            period=parse_period(period),
            place=TOWN,
        )
    assert refusal.value.field == field


def test_a_template_of_the_town_is_for_no_community(report_town: ReportTown) -> None:
    with pytest.raises(UserError) as refusal:
        find_report_template("monthly:2020-06", Place(area_code="990001001", area_path="x"))
    assert refusal.value.field == "area"


def test_an_edit_is_a_version_and_the_earlier_one_stays(report_town: ReportTown, report: Report) -> None:
    save(report_town, report, TEXT + "\n继续巡查。\n")
    assert "继续巡查" in read_report(report).text
    assert [version.number for version in report.versions.all()] == [2, 1]
    assert report.versions.get(number=1).text == TEXT


def test_no_lock_is_held_while_a_text_is_built(
    report_town: ReportTown, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, inside = len(connection.savepoint_ids), []

    def build(*args: Any) -> Document:
        inside.append(len(connection.savepoint_ids))
        return build_document(*args)

    monkeypatch.setattr(writing, "build_document", build)
    monkeypatch.setattr(signing, "build_document", build)
    monkeypatch.setattr(selectors, "build_document", build)
    save(report_town, report, TEXT + "甲")
    sign(report_town, report, number=2)
    with pytest.raises(Stale):
        mark_not_promise(
            actor=report_town.town.actor("handler"), report_id=report.pk, number=2, key="x", reason="不是承诺"
        )
    assert inside == [outside, outside]  # a signed report is read, not built


def test_the_second_of_two_signatures_is_refused_in_words(report_town: ReportTown, report: Report) -> None:
    sign(report_town, report)
    with pytest.raises(UserError, match="已经签发"):
        sign(report_town, report)
    assert Signature.objects.count() == 1


def test_the_second_of_two_editors_is_refused_and_nothing_is_lost(
    report_town: ReportTown, report: Report
) -> None:
    save(report_town, report, TEXT + "甲")
    with pytest.raises(Stale):
        save(report_town, report, TEXT + "乙")
    assert report.versions.count() == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        TEXT,
        '{{ figure("gone") }}',
        "{{ figure( }}",
        '{{ figure("works.area", say="近", to=500) }}',
        "{{ ''.__class__ }}",
    ],
)
def test_a_text_that_cannot_be_built_is_not_saved(report_town: ReportTown, report: Report, text: str) -> None:
    with pytest.raises(UserError):
        save(report_town, report, text)
    assert report.versions.count() == 1


def test_whoever_wrote_the_last_version_does_not_sign_it(report_town: ReportTown, report: Report) -> None:
    actor = report_town.town.actor("shift")
    save_version(actor=actor, report_id=report.pk, base=1, text=TEXT + "完。")
    with pytest.raises(NotAllowed, match="他人"):
        sign(report_town, report, "shift", 2)
    assert sign(report_town, report, "leader", 2).version.number == 2


def test_a_deputy_does_not_sign_what_the_absent_person_wrote(report_town: ReportTown, report: Report) -> None:
    save(report_town, report, TEXT + "完。")
    report_town.town.name_deputy("handler", "leader")
    with pytest.raises(NotAllowed):
        sign(report_town, report, "leader", 2)


def test_whoever_began_a_report_does_not_sign_the_text_of_the_template(report_town: ReportTown) -> None:
    begun = begin_report(
        actor=report_town.town.actor("shift"), template=report_town.template, period=JUNE, place=TOWN
    )
    with pytest.raises(NotAllowed):
        sign(report_town, begun, "shift")


def test_only_a_right_signs_and_only_the_version_that_was_read(
    report_town: ReportTown, report: Report
) -> None:
    with pytest.raises(NotAllowed):
        sign(report_town, report, "handler")
    save(report_town, report, TEXT + "完。")
    with pytest.raises(Stale):
        sign(report_town, report, "leader", 1)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [("本月巡查25次。", "25次"), ('上月{{ figure("works.rate", period="2020-05") }}。', "works.rate")],
)
def test_unbound_numbers_and_missing_data_are_not_signed(
    report_town: ReportTown, report: Report, sentence: str, words: str
) -> None:
    save(report_town, report, TEXT + sentence)
    with pytest.raises(UserError, match=words):
        sign(report_town, report, "leader", 2)
    assert find_signature(report) is None


def test_a_signed_report_prints_what_was_signed(report_town: ReportTown, report: Report) -> None:
    signature = sign(report_town, report)
    signed = read_report(report).text
    report_town.change_area(500)
    assert read_report(report).text == signed
    assert "超500平方米" in signed
    stored = Signature.objects.get(pk=signature.pk)
    assert digest(stored.content) == stored.digest == signature.digest
    with pytest.raises(UserError, match="已签发"):
        save(report_town, report, TEXT + "改")
    assert Entry.objects.get(action="reports.report:sign").after["digest"] == signature.digest


def test_a_frozen_document_is_read_back_equal(report_town: ReportTown, report: Report) -> None:
    document = read_report(report)
    content = freeze(document)
    thawed = thaw(content)
    assert thawed.text == document.text
    assert freeze(thawed) == content
    assert write_html(thawed, lambda figure: figure.how) == write_html(document, lambda figure: figure.how)


def test_nothing_has_changed_right_after_signing(report_town: ReportTown, report: Report) -> None:
    assert find_changes(sign(report_town, report)) == []


def test_a_corrected_record_shows_what_changed_since(report_town: ReportTown, report: Report) -> None:
    signature = sign(report_town, report)
    report_town.change_area(330)
    changes = find_changes(signature)
    assert [(change.measure.key, change.part) for change in changes] == [
        ("works.area", Part.VALUE),
        ("works.area", Part.COMPLETION),
    ]
    area, completion = changes
    assert (area.before_text, area.now_text, area.difference_text) == (
        "540 平方米",
        "570 平方米",
        "+30 平方米",
    )
    assert area.printed == "超500平方米"
    assert (completion.before_text, completion.now_text) == ("90%", "95%")
    assert completion.difference_text == "+5 个百分点"


def test_a_measure_that_no_longer_exists_is_a_change_with_its_reason(
    report_town: ReportTown, report: Report
) -> None:
    signature = sign(report_town, report)
    Measure.objects.filter(key="works.gone").update(active=False)
    changes = find_changes(signature)
    assert [(change.measure.key, change.now) for change in changes] == [("works.gone", None)]
    assert "已不存在" in changes[0].note
    assert "拆除违建2处" in read_report(report).text


def test_a_withdrawn_signature_stays_with_its_reason(report_town: ReportTown, report: Report) -> None:
    leader = report_town.town.actor("leader")
    signature = sign(report_town, report)
    with pytest.raises(UserError, match="原因"):
        withdraw_signature(actor=leader, report_id=report.pk, reason="错")
    withdraw_signature(actor=leader, report_id=report.pk, reason="面积复测后有误")
    save(report_town, report, TEXT + "已复测。")
    again = sign(report_town, report, "leader", 2)
    stored = {row.pk: row for row in Signature.objects.all()}
    assert stored[signature.pk].reason == "面积复测后有误"
    assert stored[signature.pk].content["blocks"]
    assert stored[again.pk].withdrawn_at is None


def test_a_report_is_in_chinese_for_a_reader_of_english(report_town: ReportTown) -> None:
    with override("en"):
        document = build_document('{{ period }}{{ change("works.gone") }}', JUNE)
        assert document.text.startswith("2020年6月")


def test_the_list_of_reports_costs_the_same_for_many(
    report_town: ReportTown, report: Report, django_assert_num_queries: Any
) -> None:
    actor = report_town.town.actor("leader")
    for month in ("2020-03", "2020-04", "2020-05"):
        begin_report(
            actor=report_town.town.actor("handler"),
            template=report_town.template,
            period=parse_period(month),
            place=TOWN,
        )
    with django_assert_num_queries(3):
        rows = list_reports(actor)
        assert [row.last.number for row in rows] == [1, 1, 1, 1]
    assert rows[0].report.period.text == "2020-06"


def test_numbers_are_frozen_exactly(report_town: ReportTown, report: Report) -> None:
    content = sign(report_town, report).content
    runs = [run for block in content["blocks"] for run in block.get("runs", []) if "figure" in run]
    assert [run["exact"] for run in runs] == ["2", "540", "90"]
    assert Decimal(content["figures"][runs[1]["figure"]]["value"]) == 540
