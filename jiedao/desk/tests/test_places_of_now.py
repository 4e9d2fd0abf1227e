"""The board by the places of then, and by those of now."""

from datetime import timedelta

import pytest

from jiedao.cases.models import Case
from jiedao.desk.tests.conftest import SignedIn
from jiedao.indicators.models import VIEW
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.kernel.former_names import record_former_names
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import SuccessionRow
from jiedao.places.models import Area
from jiedao.testing.cast import Town, make_case

pytestmark = pytest.mark.django_db


def succeed_community(town: Town) -> None:
    """Let the community RIVER be HILL now, as an apply does that joins the two."""
    old, new = town.areas["RIVER"], town.areas["HILL"]
    Area.objects.filter(path__startswith=old.path).update(active=False)
    SuccessionRow.objects.create(
        kind="area", old_key=old.code, old_id=old.pk, new_key=new.code, new_id=new.pk, pack_version="2"
    )
    forget_all()


def file_cases(town: Town) -> None:
    for grid in ("G1", "G1", "G3"):
        area = town.areas[grid]
        now = clock.now() - timedelta(minutes=5)
        make_case(
            town, state="DONE", area=area, area_path=area.path, reported_at=now, reported_date=clock.today()
        )


def test_past_communities_are_rows_of_their_own_or_count_for_their_successor(
    town: Town, signed_in: SignedIn
) -> None:
    file_cases(town)
    succeed_community(town)
    page = signed_in("leader")
    then = page.get("/desk/board/", {"by": "area", "period": "all"})
    now = page.get("/desk/board/", {"by": "area", "period": "all", "places": "now"})
    assert [line["label"] for line in then.context["lines"]] == ["临江社区", "望山社区"]
    assert now.status_code == 200, now.content.decode()[:3000]
    assert [line["label"] for line in now.context["lines"]] == ["望山社区"]
    reported = now.context["lines"][0]["cells"][0]
    assert reported["value"] == Case.objects.count() == 3
    rows = page.get(reported["url"])
    assert rows.context["page"].total == 3
    assert "按现行区划和单位" in rows.content.decode()
    assert 'aria-current="true">按现行区划和单位' in now.content.decode()


def test_a_board_without_successions_offers_no_choice(town: Town, signed_in: SignedIn) -> None:
    file_cases(town)
    page = signed_in("leader").get("/desk/board/", {"by": "area", "period": "all"})
    assert "按现行区划" not in page.content.decode()


def test_a_figure_continues_over_a_new_code(town: Town, signed_in: SignedIn) -> None:
    file_cases(town)
    reported = {"spec": {"source": "cases", "measure": "reported"}}
    declare_measure("reported", "amount", reported, name="上报", splits=["area"])
    post = town.posts["leader"]
    post.permissions = [*post.permissions, VIEW]
    post.save()
    succeed_community(town)
    page, address = signed_in("leader"), "/desk/figures/reported/"
    then = page.get(address, {"period": "all"})
    now = page.get(address, {"period": "all", "places": "now"})
    assert [line["label"] for line in then.context["areas"]["lines"]] == ["临江社区", "望山社区"]
    assert [line["label"] for line in now.context["areas"]["lines"]] == ["望山社区"]
    assert then.context["line"]["text"] == now.context["line"]["text"] == "3"
    (rows,) = now.context["areas"]["lines"][0]["rows"]
    assert page.get(rows.url if hasattr(rows, "url") else rows["url"]).context["page"].total == 3
    place = {"place": f"area:{town.areas['HILL'].code}", "period": "all"}
    assert page.get(address, place).context["line"]["text"] == "1"
    assert page.get(address, {**place, "places": "now"}).context["line"]["text"] == "3"


def test_the_page_and_the_list_of_a_closed_case_name_then(town: Town, signed_in: SignedIn) -> None:
    closed_at = clock.now() - timedelta(minutes=5)
    closed = make_case(town, state="DONE", grid="G1", unit="URBAN", closed_at=closed_at)
    still_open = make_case(town, state="HANDLING", grid="G1", unit="URBAN")
    unit = town.units["URBAN"]
    record_former_names("unit", [({"pk": unit.pk, "name": unit.name}, {"name": "城管中心"})], clock.now())
    former = unit.name
    unit.name = "城管中心"
    unit.save()
    forget_all()
    page = signed_in("leader")
    assert f"{former}（现 城管中心）" in page.get(f"/desk/cases/{closed.number}/").content.decode()
    content = page.get(f"/desk/cases/{still_open.number}/").content.decode()
    assert "城管中心" in content
    assert former not in content
    listed = page.get("/desk/cases/?state=DONE&state=HANDLING").content.decode()
    assert former in listed
    assert "城管中心" in listed
