"""What the public may see of a case: only what a reviewer released, without what was blacked out."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from jiedao.audit.models import Entry
from jiedao.cases.actions.erasing import erase_reporter
from jiedao.cases.models import Case, Reporter
from jiedao.files import storage
from jiedao.files.blackening import Box, make_public_copy
from jiedao.kernel.crypto import encrypt
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.orgs.actor import make_system_actor
from jiedao.places.models import Area, Road
from jiedao.places.selectors import community_of
from jiedao.publishing.jobs import notify_reviewers
from jiedao.publishing.models import PublicCase, PublicPhoto
from jiedao.publishing.review.actions import (
    PublicDraft,
    propose_draft,
    release_case,
    withdraw_case,
    withhold_case,
)
from jiedao.publishing.review.positions import blur_point
from jiedao.publishing.review.public import PublicFilter, build_public_features, find_public_photo
from jiedao.publishing.review.queue import count_queue, count_waiting, find_next_number, list_queue
from jiedao.publishing.selectors import get_public_case, list_public_cases
from jiedao.publishing.tests.participation.conftest import add_photo
from jiedao.testing.cast import Town, make_move, walk

DRAFT = PublicDraft(subject="小区门口堆放垃圾", text="门口堆放垃圾三天。", place_text="滨江路")


def release(town: Town, case: Case, draft: PublicDraft = DRAFT, version: int = 0) -> PublicCase:
    return release_case(town.actor("registrar"), case.pk, draft, version=version)


def test_nothing_is_public_before_a_review(town: Town) -> None:
    case = walk(town)

    assert get_public_case(case.number) is None
    assert list_public_cases().rows == []
    assert [row.number for row in list_queue(town.actor("registrar"), "waiting")] == [case.number]


def test_a_released_case_shows_the_words_of_the_reviewer_and_a_blurred_place(town: Town) -> None:
    case = walk(town)

    release(town, case)

    matter = get_public_case(case.number)
    assert matter is not None
    assert (matter.subject, matter.text, matter.place_text) == (DRAFT.subject, DRAFT.text, "滨江路")
    assert (matter.lon, matter.lat) == blur_point(114.105, 22.605) != (114.105, 22.605)
    assert matter.state == "open"
    assert count_queue(town.actor("registrar")) == {"waiting": 0, "reply": 0, "public": 1, "withheld": 0}


def test_points_of_one_cell_have_one_public_point() -> None:
    points = {blur_point(114.1050 + step / 20_000, 22.60510 + step / 50_000) for step in range(5)}

    assert len(points) == 1
    lon, lat = points.pop()
    assert abs(lat - 22.6051) < 0.0006
    assert abs(lon - 114.105) < 0.0007


def test_the_point_can_be_that_of_the_grid_or_missing(town: Town) -> None:
    case = walk(town)
    row = release(town, case, replace(DRAFT, precision="GRID"))
    assert (row.lon, row.lat) == (114.105, 22.605)  # the middle of grid G1

    row = release(town, case, replace(DRAFT, precision="NONE"), version=1)
    assert (row.lon, row.lat) == (None, None)
    features = build_public_features(PublicFilter(), lambda number: number)["features"]
    assert [feature for feature in features if feature["geometry"]["type"] == "Point"] == []


def test_a_proposal_has_no_number_no_plate_no_room_and_no_reporter(town: Town) -> None:
    case = walk(
        town,
        detail="我是张三，电话１３８００１３８０００，住3栋502室，车牌粤B12345，邮箱zhang@qq.com，座机0755-28123456。",
        place_text="临江花园3栋502室",
    )

    draft = propose_draft(case)

    for word in ("张三", "1380", "１３８", "502", "粤B", "qq.com", "28123456"):
        assert word not in draft.text, word
    assert draft.place_text == community_of(case.area_path).name  # type: ignore[union-attr]
    release(town, case, draft)


def test_the_proposed_place_is_a_road_or_the_community(town: Town) -> None:
    community = community_of(walk(town).area_path)
    assert community is not None
    Road.objects.create(name="滨江路").areas.add(Area.objects.get(code=community.code))
    forget_all()
    assert propose_draft(walk(town, place_text="滨江路12号对面")).place_text == "滨江路"
    assert propose_draft(walk(town, place_text="临江花园3栋502室")).place_text == community.name


def test_a_reviewer_is_notified_of_waiting_cases_until_none_waits(town: Town) -> None:
    reviewer = town.users["registrar"]
    case = walk(town)
    assert [notify_reviewers(), notify_reviewers()] == [1, 1]
    notice = Notice.objects.get(kind="publishing.queue:waiting")
    assert notice.user_id == reviewer.pk
    assert "1 件案件等您决定" in describe_notice(notice)
    assert count_waiting(town.actor("registrar")) == 1
    assert count_waiting(town.actor("handler")) == 0
    release(town, case)
    assert notify_reviewers() == 0
    notice.refresh_from_db()
    assert notice.settled_at is not None


def test_a_reviewer_is_notified_of_each_reply_that_waits(town: Town) -> None:
    for number in (1, 2):
        case = walk(town, to="CHECKED", subject=f"第 {number} 堆垃圾")
        release(town, case)
        make_move(town, "shift", case, "CLOSE", reply="已清运。")
        assert notify_reviewers() == 1
        assert Notice.objects.filter(kind="publishing.queue:waiting").count() == number


@pytest.mark.parametrize(
    "words",
    [
        "请联系张三",
        "电话138 0013 8000",
        "电话１３９００１３９０００",
        "身份证440307199001011234",
        "粤B·12345乱停",
        "请打+8613812345678",
        "请打8613812345678",
        "请打＋８６ 138—1234—5678",
        "138－1234－5678",
        "138.1234.5678",
        "440301 19900101 1234",
        "粤b12345",
        "粤B1234警",
    ],
)
def test_a_text_that_names_the_reporter_or_a_number_is_refused(town: Town, words: str) -> None:
    case = walk(town)

    with pytest.raises(UserError) as refusal:
        release(town, case, replace(DRAFT, text=words))

    assert refusal.value.field == "text"
    assert get_public_case(case.number) is None
    release(town, case, replace(DRAFT, text="门口有人乱停，请处理"))


def test_a_proposal_leaves_no_number_that_a_release_would_refuse(town: Town) -> None:
    words = "打+8613812345678或138—1234—5678，440301 19900101 1234，粤b12345，新Android手机2024-05-01 2024-06-01 20"
    draft = propose_draft(walk(town, detail=words))

    assert draft.text == "打■■■或■■■，■■■，■■■，新Android手机2024-05-01 2024-06-01 20"


def test_nothing_is_released_while_the_name_of_the_reporter_cannot_be_read(town: Town) -> None:
    case = walk(town)
    Reporter.objects.filter(pk=case.pk).update(name=encrypt("张三", context="another"))

    with pytest.raises(UserError, match="读不出来"):
        release(town, case)

    assert propose_draft(case).subject
    withhold_case(town.actor("registrar"), case.pk, note="姓名读不出来", version=0)


def test_chosen_words_are_replaced_in_every_text_and_stored_nowhere(town: Town) -> None:
    case = walk(town)

    release(town, case, replace(DRAFT, subject="王二家门口", text="王二乱倒垃圾", words=("王二",)))

    row = PublicCase.objects.get()
    assert (row.subject, row.text) == ("■■■家门口", "■■■乱倒垃圾")
    assert "王二" not in str(PublicCase.objects.values().get())


def test_a_public_photo_is_encoded_anew_and_hides_nothing_below_its_boxes(town: Town) -> None:
    case = walk(town)
    photo = add_photo(town, case)

    release(town, case, replace(DRAFT, photos={photo: [[500, 0, 500, 1000]]}))

    stored = PublicPhoto.objects.get()
    with storage.open_content(stored.blob.sha256) as file:
        content = file.read()
    image = Image.open(io.BytesIO(content))
    assert image.getpixel((40, 50))[0] > 200  # type: ignore[index]
    assert max(image.getpixel((150, 50))) < 8  # type: ignore[arg-type,type-var]
    assert dict(image.getexif()) == {}
    assert stored.blob_id != stored.attachment.blob_id
    assert find_public_photo(stored.pk) == stored.blob
    matter = get_public_case(case.number)
    assert matter is not None
    assert [(picture.width, picture.height) for picture in matter.photos] == [(200, 100)]


def test_a_transparent_photo_keeps_no_hidden_colours(town: Town) -> None:
    from django.core.files.base import ContentFile

    from jiedao.files.actions import store_file

    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(file, "PNG")
    attachment = store_file(town.actor("registrar"), ContentFile(file.getvalue(), name="图.png"))

    copy = make_public_copy(attachment.blob, [])

    assert Image.open(io.BytesIO(copy.content)).getpixel((5, 5)) == (255, 255, 255)


def test_a_large_photo_becomes_small(town: Town) -> None:
    from django.core.files.base import ContentFile

    from jiedao.files.actions import store_file

    file = io.BytesIO()
    Image.new("RGB", (3000, 1500), "white").save(file, "JPEG")
    attachment = store_file(town.actor("registrar"), ContentFile(file.getvalue(), name="图.jpg"))

    copy = make_public_copy(attachment.blob, [Box(0, 0, 1, 1)])

    assert (copy.width, copy.height) == (1600, 800)


@pytest.mark.parametrize("numbers", [(-1, 0, 10, 10), (0, 0, 0, 10), (995, 0, 10, 10), (0, 991, 10, 10)])
def test_a_box_outside_the_photo_is_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(UserError):
        Box(*numbers)


def test_a_photo_of_another_case_is_refused_and_nothing_is_released(town: Town) -> None:
    case, other = walk(town), walk(town, subject="别处的垃圾")

    with pytest.raises(UserError, match="照片"):
        release(town, case, replace(DRAFT, photos={add_photo(town, other): []}))

    assert not PublicCase.objects.exists()


def test_a_withdrawn_case_leaves_no_copy_and_its_photo_is_gone(town: Town) -> None:
    case = walk(town)
    release(town, case, replace(DRAFT, photos={add_photo(town, case): []}))
    photo = PublicPhoto.objects.get().pk

    withdraw_case(town.actor("registrar"), case.pk, note="反映人要求撤下", version=1)

    assert get_public_case(case.number) is None
    assert find_public_photo(photo) is None
    assert PublicCase.objects.get().text == ""
    assert list_queue(town.actor("registrar"), "withheld")[0].note == "反映人要求撤下"


def test_withholding_needs_a_reason(town: Town) -> None:
    case = walk(town)

    with pytest.raises(UserError) as refusal:
        withhold_case(town.actor("registrar"), case.pk, note=" ", version=0)

    assert refusal.value.field == "note"
    withhold_case(town.actor("registrar"), case.pk, note="涉及家庭矛盾", version=0)
    assert count_queue(town.actor("registrar"))["waiting"] == 0


def test_two_reviewers_at_once_give_one_decision(town: Town) -> None:
    case = walk(town)
    release(town, case)

    with pytest.raises(Stale):
        withhold_case(town.actor("registrar"), case.pk, note="不公开", version=0)

    assert get_public_case(case.number) is not None


def test_only_accepted_cases_are_released_and_voided_ones_disappear(town: Town) -> None:
    reported = walk(town, to="REPORTED")
    with pytest.raises(UserError, match="不能公开"):
        release(town, reported)
    case = walk(town, subject="另一件")
    release(town, case)

    make_move(town, "shift", case, "VOID", reason="MISTAKE", note="误报")

    assert get_public_case(case.number) is None


def test_a_reviewer_needs_the_right_and_the_scope(town: Town) -> None:
    case = walk(town)

    with pytest.raises(NotAllowed):
        release_case(town.actor("dispatcher"), case.pk, DRAFT, version=0)
    post = town.posts["grid3"]
    post.permissions = [*post.permissions, "publishing.case:review"]
    post.save()
    with pytest.raises(NotFoundError):
        release_case(town.actor("grid3"), case.pk, DRAFT, version=0)


def test_a_reply_waits_for_its_own_review_and_is_shown_when_the_matter_is_solved(town: Town) -> None:
    case = walk(town, to="CHECKED")
    release(town, case)
    registrar = town.actor("registrar")
    make_move(town, "shift", case, "CLOSE", reply="已清运，感谢张三监督。")
    case.refresh_from_db()

    assert [row.number for row in list_queue(registrar, "reply")] == [case.number]
    matter = get_public_case(case.number)
    assert matter is not None
    assert (matter.state, matter.reply) == ("solved", "")

    draft = propose_draft(case)
    assert draft.reply == "已清运，感谢■■■监督。"
    release(town, case, replace(DRAFT, reply=draft.reply, reply_move_id=draft.reply_move_id), version=1)
    matter = get_public_case(case.number)
    assert matter is not None
    assert matter.reply == draft.reply
    assert list_queue(registrar, "reply") == []


def test_erasing_the_reporter_reaches_the_public_words(town: Town) -> None:
    case = walk(town)
    release(town, case)
    PublicCase.objects.update(text="张三说门口有垃圾")  # as if the name had become known after the review

    erase_reporter(make_system_actor(), case.pk)

    assert PublicCase.objects.get().text == "***说门口有垃圾"


def test_pages_of_the_list_follow_each_other_and_filters_hold(town: Town) -> None:
    cases = [walk(town, subject=f"第{n}件垃圾") for n in range(3)]
    for case in cases:
        release(town, case)

    first = list_public_cases(size=2)
    second = list_public_cases(cursor=first.next, size=2)

    numbers = [matter.number for matter in (*first.rows, *second.rows)]
    assert numbers == [case.number for case in reversed(cases)]
    assert (first.total, second.next, first.previous) == (3, "", "")
    assert list_public_cases(cursor=second.previous, size=2).rows == first.rows
    assert list_public_cases(PublicFilter(state="solved")).rows == []
    major = town.categories["CITY"].pk
    assert len(list_public_cases(PublicFilter.read("open", major, town.areas["RIVER"].pk)).rows) == 3
    assert list_public_cases(PublicFilter(area=town.areas["HILL"].pk)).rows == []


def test_the_next_case_is_the_one_that_waits_longest_after_this(town: Town) -> None:
    cases = [walk(town, subject=f"第{n}件垃圾") for n in range(3)]
    registrar = town.actor("registrar")

    assert find_next_number(registrar, cases[0].pk) == cases[1].number
    assert find_next_number(registrar, cases[2].pk) == cases[0].number


def test_the_audit_holds_the_decision_and_no_words(town: Town) -> None:
    case = walk(town)
    release(town, case, replace(DRAFT, words=("垃圾",)))

    entry = Entry.objects.get(action="publishing.case:release")

    values: dict[str, Any] = entry.after
    assert values == {"decision": "PUBLIC", "photos": 0, "boxes": 0, "precision": "NEAR"}
    assert entry.object_id == case.pk
