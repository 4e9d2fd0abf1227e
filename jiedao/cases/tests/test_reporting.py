"""A report from a page: case, photos and merge are written together, or not at all."""

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from jiedao.cases.actions.intake import NewCase
from jiedao.cases.actions.reporting import report_case
from jiedao.cases.models import Case, CaseMove, Clock
from jiedao.files.actions import store_file
from jiedao.files.models import Attachment, Kind
from jiedao.kernel.errors import UserError
from jiedao.testing.cast import Town, walk

pytestmark = pytest.mark.django_db


class PowerCutError(Exception):
    """The process ends in the middle of its work."""


def cut_power_at(begin: str) -> Callable[..., Any]:
    """Return a wrapper of statements that ends the process at the first statement that begins so."""

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(begin):
            raise PowerCutError
        return execute(sql, params, many, context)

    return run


def new_case() -> NewCase:
    return NewCase("HOTLINE", "", "滨江路口有垃圾", lon=114.105, lat=22.605, client_uuid=uuid.UUID(int=7))


def upload(town: Town, username: str = "registrar") -> int:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG")
    photo = SimpleUploadedFile("before.jpg", file.getvalue(), "image/jpeg")
    return store_file(town.actor(username), photo, kind=Kind.PHOTO_BEFORE).pk


def test_a_report_has_its_photos_and_is_merged(town: Town) -> None:
    primary, photo = walk(town, to="FILED"), upload(town)
    report = report_case(new_case(), actor=town.actor("registrar"), photos=[photo], merge_into=primary.number)
    case = Case.objects.get(pk=report.case.id)
    assert (case.state, case.merged_into, report.merge_fault) == ("MERGED", primary, None)
    assert Attachment.objects.get(pk=photo).object_id == case.pk


@pytest.mark.parametrize("statement", ['UPDATE "files_attachment"', 'UPDATE "cases_case"'])
def test_a_second_call_after_a_crash_finds_the_case_and_its_photos(town: Town, statement: str) -> None:
    primary, photo = walk(town, to="FILED"), upload(town)
    sent = {"actor": town.actor("registrar"), "photos": [photo], "merge_into": primary.number}
    with connection.execute_wrapper(cut_power_at(statement)), pytest.raises(PowerCutError):
        report_case(new_case(), **sent)
    assert list(Case.objects.all()) == [primary]
    assert (CaseMove.objects.exclude(case=primary).count(), Clock.objects.exclude(case=primary).count()) == (
        0,
        0,
    )
    assert Attachment.objects.get(pk=photo).object_id is None

    second, third = report_case(new_case(), **sent), report_case(new_case(), **sent)
    assert (second.case.created, third.case.created) == (True, False)
    assert second.case.number == third.case.number
    assert Attachment.objects.get(pk=photo).object_id == second.case.id
    assert Case.objects.get(pk=second.case.id).merged_into == primary


def test_a_photo_of_another_user_prevents_the_filing(town: Town) -> None:
    with pytest.raises(UserError, match="不是您上传的"):
        report_case(new_case(), actor=town.actor("registrar"), photos=[upload(town, "shift")])
    assert not Case.objects.exists()


def test_a_merge_that_is_not_possible_leaves_the_case_on_its_own(town: Town) -> None:
    photo = upload(town)
    report = report_case(
        new_case(), actor=town.actor("registrar"), photos=[photo], merge_into="2026-99999999"
    )
    assert "2026-99999999" in str(report.merge_fault)
    assert Case.objects.get(pk=report.case.id).state == "REPORTED"
    assert Attachment.objects.get(pk=photo).object_id == report.case.id
