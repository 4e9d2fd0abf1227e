"""The map: limited to the scope, capped with a message, and usable without scripts."""

import pytest

from jiedao.cases.selectors import mapping
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.places.models import Premise
from jiedao.testing.cast import Town, make_cases

DATA = "/desk/map/data/"
IN_G1 = {"lon": 114.105, "lat": 22.605}
IN_G3 = {"lon": 114.105, "lat": 22.615}


@pytest.fixture
def cases(town: Town) -> None:
    make_cases(
        town,
        [
            {"grid": "G1", "state": "FILED", "subject": "一号", **IN_G1},
            {"grid": "G3", "state": "HANDLING", "kind": "STALL", "subject": "三号", **IN_G3},
            {"grid": "G3", "state": "DONE", "subject": "已了", **IN_G3},
            {"grid": "G2", "state": "FILED", "subject": "没有坐标"},
        ],
        index=False,
    )


def test_open_cases_with_a_point_are_drawn_and_all_are_counted(
    town: Town, cases: None, signed_in: SignedIn
) -> None:
    data = signed_in("leader").get(DATA).json()
    assert (data["found"], data["placed"], data["shown"]) == (3, 2, 2)
    labels = [f["properties"]["label"] for f in data["features"] if f["properties"]["kind"] == "case"]
    assert labels == ["三号 · 处置中", "一号 · 待派遣"]


def test_grid_has_its_number_of_cases_and_links_to_them(town: Town, cases: None, signed_in: SignedIn) -> None:
    features = signed_in("leader").get(DATA).json()["features"]
    grids = [f["properties"] for f in features if f["properties"]["kind"] == "grid"]
    assert len(grids) == 4
    first = next(row for row in grids if "临江社区 · 第1网格" in row["label"])
    assert f"area={town.areas['G1'].pk}" in first["href"]
    assert signed_in("leader").get(first["href"]).status_code == 200


def test_grid_worker_sees_only_the_own_grid(town: Town, cases: None, signed_in: SignedIn) -> None:
    data = signed_in("grid1").get(DATA).json()
    assert data["found"] == 1
    assert len([f for f in data["features"] if f["properties"]["kind"] == "grid"]) == 1


@pytest.mark.parametrize(
    ("query", "number"),
    [("state=unit", 1), ("state=suspended", 0), ("state=nonsense", 3), ("category=x&area=987654", 3)],
)
def test_unreadable_filter_is_ignored(
    town: Town, cases: None, signed_in: SignedIn, query: str, number: int
) -> None:
    assert signed_in("leader").get(f"{DATA}?{query}").json()["found"] == number


def test_major_category_and_community_filter_the_cases(town: Town, cases: None, signed_in: SignedIn) -> None:
    client, street, hill = signed_in("leader"), town.categories["STREET"].pk, town.areas["HILL"].pk
    assert client.get(f"{DATA}?category={street}").json()["found"] == 1
    assert client.get(f"{DATA}?area={hill}").json()["found"] == 1


def test_page_works_without_scripts(town: Town, cases: None, signed_in: SignedIn) -> None:
    page = signed_in("leader").get("/desk/map/").content.decode()
    assert page.count("<circle") == 2
    assert "/desk/cases/" in page
    assert "有坐标的 2 件，图上显示 2 件" in page


def test_the_page_states_how_many_cases_are_left_out(
    town: Town, cases: None, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, count = mapping.build_features(town.actor("leader"), mapping.MapFilter(), str, str, most=1)
    assert (count.placed, count.shown) == (2, 1)
    monkeypatch.setattr(mapping, "MOST", 1)
    assert "其余请缩小范围后再看" in signed_in("leader").get("/desk/map/").content.decode()
    assert len(drawn["features"]) == 5


def test_page_of_the_map_names_the_host_of_the_tiles_alone(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("leader")
    header = "Content-Security-Policy"
    assert "tiles.example.cn" not in client.get("/desk/map/")[header]
    Policy.objects.create(key="map_tiles", value="https://tiles.example.cn/{z}/{x}/{y}.png")
    Policy.objects.create(key="map_tiles_credit", value="© 示例")
    forget_all()
    page = client.get("/desk/map/")
    directives = {part.split()[0]: part.split()[1:] for part in page[header].split(";") if part.strip()}
    allowed = [name for name, sources in directives.items() if "https://tiles.example.cn" in sources]
    assert sorted(allowed) == ["connect-src", "img-src"]
    assert 'data-tiles="https://tiles.example.cn/{z}/{x}/{y}.png"' in page.content.decode()
    assert "tiles.example.cn" not in client.get("/desk/cases/")[header]


def test_maps_name_the_premises(town: Town, signed_in: SignedIn) -> None:
    grid = town.areas["G1"]
    Premise.objects.create(
        code="N1", kind="ESTATE", name="百合苑", name_en="Lily Court", area=grid, lon=114.103, lat=22.604
    )
    Premise.objects.create(
        code="N2", kind="ESTATE", name="旧苑", area=grid, lon=114.1, lat=22.6, active=False
    )
    forget_all()
    names = [
        feature["properties"]["text"]
        for feature in signed_in("leader").get("/desk/map/data/").json()["features"]
        if feature["properties"]["kind"] == "premise"
    ]
    assert ("百合苑" in names, "旧苑" in names) == (True, False)
    case = make_cases(town, [{"lon": 114.101, "lat": 22.601, "grid": "G1"}], index=False)[0]
    page = signed_in("leader").get(f"/desk/cases/{case.number}/").content.decode()
    assert '<text class="j-map__name"' in page
    assert "百合苑" in page
    english = signed_in("leader").get(f"/desk/cases/{case.number}/", headers={"accept-language": "en"})
    assert ("Lily Court" in english.content.decode(), "百合苑" in english.content.decode()) == (True, False)
