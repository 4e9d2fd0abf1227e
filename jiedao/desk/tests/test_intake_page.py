"""The form for a new case: duplicates are shown first, a case is reported once, nothing that was typed is lost."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from jiedao.cases.models import Case
from jiedao.desk.models import Draft
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.test_case_page import photo
from jiedao.files.models import Attachment
from jiedao.pages.maps import build_picking_map
from jiedao.testing.cast import Town, walk

NEW = "/desk/cases/new/"


def matter(**changes: Any) -> dict[str, Any]:
    return {
        "client_uuid": str(uuid.UUID(int=7)),
        "channel": "HOTLINE",
        "subject": "",
        "detail": "望山村路口的井盖不见了，很危险。",
        "place_text": "望山村路口",
        "lon": "114.105",
        "lat": "22.615",
        "coord_system": "WGS84",
        **changes,
    }


def test_new_case_gets_its_grid_and_photos(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in("registrar").post(NEW, matter(photos=[photo()]))
    case = Case.objects.get()
    assert answer["Location"] == f"/desk/cases/{case.number}/?done=REPORT#done"
    assert (case.area_id, case.outside) == (town.areas["G3"].pk, False)
    assert Attachment.objects.get().object_id == case.pk


def test_likely_duplicates_require_confirmation(town: Town, signed_in: SignedIn) -> None:
    known = walk(
        town,
        to="REPORTED",
        subject="望山村路口井盖丢失",
        detail="望山村路口的井盖不见了，十分危险。",
        lon=114.105,
        lat=22.615,
    )
    client = signed_in("registrar")
    answer = client.post(NEW, matter())
    page = answer.content.decode()
    assert known.number in page
    assert "仍要登记" in page
    assert "望山村路口的井盖不见了，很危险。" in page
    assert Case.objects.count() == 1
    assert client.post(NEW, matter(sure="1")).status_code == 302
    assert Case.objects.count() == 2


def test_new_case_can_be_merged_at_once(town: Town, signed_in: SignedIn) -> None:
    known = walk(town, subject="望山村路口井盖丢失", detail="望山村路口的井盖不见了，十分危险。")
    signed_in("registrar").post(NEW, matter(into=known.number))
    case = Case.objects.exclude(pk=known.pk).get()
    assert (case.state, case.merged_into_id) == ("MERGED", known.pk)


def test_impossible_merge_keeps_the_new_case(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("registrar").post(NEW, matter(into="2026-99999999"), follow=True).content.decode()
    assert "没有并案" in page
    assert Case.objects.get().state == "REPORTED"


def test_a_form_that_was_changed_after_it_was_sent_is_another_matter_on_the_second_attempt(
    town: Town, signed_in: SignedIn
) -> None:
    client = signed_in("registrar")
    client.post(NEW, matter(sure="1"))
    changed = {"sure": "1", "detail": "滨江路的路灯不亮。"}
    answer = client.post(NEW, matter(**changed))
    page = answer.content.decode()
    assert (answer.status_code, Case.objects.count()) == (409, 1)
    assert "滨江路的路灯不亮。" in page
    key = page.split('name="client_uuid" value="')[1].split('"')[0]
    assert client.post(NEW, matter(**changed, client_uuid=key)).status_code == 302
    assert Case.objects.count() == 2


def test_form_sent_twice_reports_one_case(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("registrar")
    first, second = client.post(NEW, matter(sure="1")), client.post(NEW, matter(sure="1"))
    number = Case.objects.get().number
    assert first["Location"] == f"/desk/cases/{number}/?done=REPORT#done"
    assert second["Location"] == f"/desk/cases/{number}/?done=REPORTED_BEFORE#done"
    assert f"这件事刚才已经登记过了：{number}" in client.get(second["Location"]).content.decode()


def test_an_intake_ends_with_its_message_in_focus_the_number_and_the_way_on(
    town: Town, signed_in: SignedIn
) -> None:
    client = signed_in("registrar")
    answer = client.post(NEW, matter(), follow=True)
    page = answer.content.decode()
    message = page[page.index('id="done"') : page.index("</section>", page.index('id="done"'))]
    assert 'role="status" tabindex="-1"' in message
    assert f"已登记：{Case.objects.get().number}" in message
    assert "下一步仍由您办理" in message  # the registrar accepts it, in the form below
    assert 'href="/desk/cases/new/"' in message
    assert page.index("<main") < page.index('id="done"') < page.index("<h1>")
    assert "j-toast--good" not in page


def test_a_report_that_was_merged_at_once_names_the_main_case(town: Town, signed_in: SignedIn) -> None:
    known = walk(town, to="FILED")
    page = signed_in("registrar").post(NEW, matter(into=known.number), follow=True).content.decode()
    case = Case.objects.get(merged_into=known)
    assert f"已登记：{case.number}，并入 {known.number}" in page
    assert f'<a href="/desk/cases/{known.number}/">{known.number}</a>' in page


def test_point_outside_the_town_requires_confirmation(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("registrar")
    page = client.post(NEW, matter(lon="113.9", lat="22.5")).content.decode()
    assert "不在本街道辖区" in page
    assert not Case.objects.exists()
    client.post(NEW, matter(lon="113.9", lat="22.5", sure="1"))
    assert Case.objects.get().outside


@pytest.mark.parametrize(
    "changes",
    [
        {"detail": ""},
        {"channel": "FAX"},
        {"lon": "abc"},
        {"lat": ""},
        {"lon": "999"},
        {"area": "99999"},
        {"detail": "长" * 20_001},
        {"subject": "长" * 201},
        {"coord_system": "MARS"},
    ],
)
def test_invalid_input_is_refused_and_shown_again(
    town: Town, signed_in: SignedIn, changes: dict[str, str]
) -> None:
    answer = signed_in("registrar").post(NEW, matter(reporter_name="王小明", **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert "王小明" in page
    assert "望山村路口" in page
    assert not Case.objects.exists()


def test_grid_worker_cannot_report_into_another_grid(town: Town, signed_in: SignedIn) -> None:
    offered = str(signed_in("grid1").get(NEW).context["form"]["area"])
    assert f'value="{town.areas["G1"].pk}"' in offered
    assert f'value="{town.areas["G3"].pk}"' not in offered
    forged = signed_in("grid1").post(NEW, matter(area=town.areas["G3"].pk, channel="PATROL"))
    assert forged.status_code == 422
    assert not Case.objects.exists()


def test_photo_of_another_user_is_refused(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in("registrar").post(NEW, matter(kept="987654", sure="1"))
    assert (answer.status_code, Case.objects.exists()) == (422, False)
    assert "不是您上传的" in answer.content.decode()


def test_swapped_coordinates_are_refused(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in("registrar").post(NEW, matter(lon="22.605", lat="114.105"))
    assert "填反" in answer.content.decode()


def test_a_receiver_without_a_fix_loses_the_point_and_not_the_message(
    town: Town, signed_in: SignedIn
) -> None:
    answer = signed_in("registrar").post(NEW, matter(lon="0", lat="0", sure="1"), follow=True)
    case = Case.objects.get()
    assert (case.lon, case.lat, case.outside) == (None, None, False)
    assert answer.content.decode().count("经度和纬度都是 0，是没有定位的记号：没有采用坐标。") == 2


def test_point_in_another_coordinate_system_is_converted(town: Town, signed_in: SignedIn) -> None:
    signed_in("registrar").post(NEW, matter(lon="114.1100", lat="22.6123", coord_system="GCJ02", sure="1"))
    case = Case.objects.get()
    assert abs(case.lon - 114.105) < 0.0005
    assert case.coord_system == "GCJ02"


def test_check_while_typing_returns_place_suggestions_and_duplicates(town: Town, signed_in: SignedIn) -> None:
    known = walk(
        town,
        to="REPORTED",
        subject="望山村路口井盖丢失",
        detail="望山村路口的井盖不见了，十分危险。",
        lon=114.105,
        lat=22.615,
    )
    page = signed_in("registrar").post("/desk/cases/new/alike/", matter()).content.decode()
    assert "望山社区" in page
    assert "上水井盖" in page
    assert known.number in page


def test_draft_is_deleted_with_the_report_and_never_holds_the_reporter(
    town: Town, signed_in: SignedIn
) -> None:
    client = signed_in("registrar")
    client.post("/desk/drafts/new/", {"fields": '{"detail": "井盖", "reporter_phone": "13800138000"}'})
    assert Draft.objects.get().data == {"detail": "井盖"}
    client.post(NEW, matter(sure="1"))
    assert not Draft.objects.exists()


def test_failure_to_delete_the_draft_reports_no_case(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("registrar")
    client.raise_request_exception = False
    client.post("/desk/drafts/new/", {"fields": '{"detail": "井盖"}'})

    def fail_to_delete(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('DELETE FROM "desk_draft"'):
            raise KeyError(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_to_delete):
        assert client.post(NEW, matter(sure="1")).status_code == 500
    assert (Case.objects.count(), Draft.objects.count()) == (0, 1)
    client.post(NEW, matter(sure="1"))
    assert (Case.objects.count(), Draft.objects.count()) == (1, 0)


def test_chosen_place_is_written_where_no_place_was_typed(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("registrar")
    sent = matter(detail="临江花园门口有一堆垃圾。", place_text="", lon="", lat="", find_place="1")
    listed = client.post(NEW, sent).content.decode()
    key = listed.split('name="pick_place" value="')[1].split('"')[0]
    sent.pop("find_place")
    for typed, expected in (("", "临江花园"), ("花园北门", "花园北门")):
        page = client.post(NEW, {**sent, "place_text": typed, "pick_place": key}).content.decode()
        assert f'value="{expected}"' in page.split('name="place_text"')[1].split(">")[0]
    assert not Case.objects.exists()


def test_refused_form_names_every_refused_file_and_offers_its_places_again(
    town: Town, signed_in: SignedIn
) -> None:
    files = [SimpleUploadedFile(f"{number}.jpg", b"no picture", "image/jpeg") for number in (1, 2)]
    page = signed_in("registrar").post(NEW, matter(detail="临江花园门口有一堆垃圾。", photos=files))
    assert page.status_code == 422
    text = page.content.decode()
    summary = text.split('id="form-errors"')[1].split("</ul>")[0]
    assert ("1.jpg" in summary, "2.jpg" in summary) == (True, True)
    assert 'data-pick-place="临江花园"' in text


def test_map_for_picking_shows_a_confined_user_the_own_grids_with_their_premises(town: Town) -> None:
    own, all_grids = (
        [feature["properties"] for feature in build_picking_map(town.actor(name))["features"]]
        for name in ("grid1", "registrar")
    )
    assert [row["label"] for row in own if row["kind"] == "grid"] == ["临江社区 · 第1网格"]
    assert "临江花园" in [row["label"] for row in own if row["kind"] == "premise"]
    assert len(all_grids) > 2
    assert {row["kind"] for row in all_grids} == {"grid"}
