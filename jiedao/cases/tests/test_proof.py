"""What proves the work: photos before and after, and what the check found."""

import pytest

from jiedao.cases.models import Case, Category
from jiedao.files.models import Attachment, Kind
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import Town, make_move, store_photo, walk

pytestmark = pytest.mark.django_db


def ask_for(**flags: bool) -> None:
    Category.objects.update(**flags)
    forget_all()


def test_handling_needs_a_photo_of_the_result_where_the_category_asks(town: Town) -> None:
    ask_for(photo_after=True)
    case = walk(town, to="HANDLING")
    with pytest.raises(UserError, match="处置后照片") as refusal:
        make_move(town, "handler", case, "HANDLE", result="清了")
    assert (refusal.value.field, refusal.value.status) == ("photos", 422)
    photo = store_photo(town, "handler")
    assert make_move(town, "handler", case, "HANDLE", result="清了", photos=[photo]).state == "HANDLED"
    assert Attachment.objects.get(pk=photo).object_id == case.pk


def test_a_photo_uploaded_to_the_case_in_this_round_is_proof_but_not_in_the_next(town: Town) -> None:
    ask_for(photo_after=True)
    case = walk(town, to="HANDLING")
    photo = Attachment.objects.get(pk=store_photo(town, "handler"))
    Attachment.objects.filter(pk=photo.pk).update(object_type="cases.case", object_id=case.pk)
    make_move(town, "handler", case, "HANDLE", result="清了")
    make_move(town, "supervisor", case, "REWORK", note="墙角还有")
    with pytest.raises(UserError, match="处置后照片"):
        make_move(town, "handler", case, "HANDLE", result="再清")


def test_a_photo_from_before_is_needed_only_if_the_report_brought_none(town: Town) -> None:
    ask_for(photo_after=True, photo_before=True)
    case = walk(town, to="HANDLING")
    after = store_photo(town, "handler")
    with pytest.raises(UserError, match="处置前照片"):
        make_move(town, "handler", case, "HANDLE", result="清了", photos=[after])
    before = store_photo(town, "handler", Kind.PHOTO_BEFORE)
    make_move(town, "handler", case, "HANDLE", result="清了", photos=[after], photos_before=[before])
    kinds = Attachment.objects.of("cases.case", case.pk).values_list("kind", flat=True)
    assert sorted(kinds) == ["PHOTO_AFTER", "PHOTO_BEFORE"]


def test_a_matter_without_a_place_needs_no_photo(town: Town) -> None:
    ask_for(photo_after=True, photo_before=True, site_check=True)
    question = {"lon": None, "lat": None, "place_text": "", "subject": "咨询人才购房补贴怎么申请"}
    case = walk(town, to="HANDLING", **question)
    make_move(town, "handler", case, "HANDLE", result="已电话说明办法和材料")
    make_move(town, "supervisor", case, "CHECK_PASS", note="已回听电话录音")
    assert Case.objects.get(pk=case.pk).state == "CHECKED"


def test_handling_on_the_spot_needs_a_photo_where_the_chosen_category_asks(town: Town) -> None:
    Category.objects.filter(pk=town.categories["RUBBISH"].pk).update(photo_after=True)
    forget_all()
    case = walk(town, to="REPORTED")
    fields = {"category": town.categories["RUBBISH"].pk, "result": "当场清走"}
    with pytest.raises(UserError, match="处置后照片"):
        make_move(town, "grid1", case, "SELF_HANDLE", **fields)
    photo = store_photo(town, "grid1")
    assert make_move(town, "grid1", case, "SELF_HANDLE", **fields, photos=[photo]).state == "HANDLED"
    other = walk(town, to="REPORTED", subject="临江花园门口有人摆摊")
    fields["category"] = town.categories["STALL"].pk
    assert make_move(town, "grid1", other, "SELF_HANDLE", **fields).state == "HANDLED"


@pytest.mark.parametrize("finding", ["note", "photos"])
def test_a_check_needs_words_or_a_photo(town: Town, finding: str) -> None:
    case = walk(town, to="HANDLED")
    with pytest.raises(UserError, match="文字、照片至少一项"):
        make_move(town, "supervisor", case, "CHECK_PASS", note="", photos=[])
    value = "看过" if finding == "note" else [store_photo(town, "supervisor", Kind.PHOTO_CHECK)]
    given = {"note": "", finding: value}
    assert make_move(town, "supervisor", case, "CHECK_PASS", **given).state == "CHECKED"


def test_a_check_on_site_needs_a_photo(town: Town) -> None:
    ask_for(site_check=True)
    case = walk(town, to="HANDLED")
    for code in ("CHECK_PASS", "REWORK"):
        with pytest.raises(UserError, match="核查照片"):
            make_move(town, "supervisor", case, code, note="看过")
    photo = store_photo(town, "supervisor", Kind.PHOTO_CHECK)
    assert make_move(town, "supervisor", case, "CHECK_PASS", note="", photos=[photo]).state == "CHECKED"
