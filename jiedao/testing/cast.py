"""A small town with named users at their posts, for the tests of cases and every room above.

Yunxi sub-district has two communities of two square grids each. Times, names and codes are fixed.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection
from PIL import Image

from jiedao.accounts.models import User
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.flow import State
from jiedao.cases.models import Case, Category, Duty, Reason
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.proof import asks_photo_after
from jiedao.files.actions import store_file
from jiedao.files.models import Kind
from jiedao.kernel import clock
from jiedao.kernel.fulltext import search_tokens
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.orgs.actor import Actor, find_actor
from jiedao.orgs.models import Deputation, Holding, Post, Unit
from jiedao.places.models import Area, Premise

WEST, SOUTH, SIDE = 114.100, 22.600, 0.010

ROLES: dict[str, tuple[str, str, str]] = {
    "GRID": ("网格员", "AREA", "report view comment verify check self_handle"),
    "REGISTRAR": ("受理员", "AREA", "report view accept reject merge split comment correct reply export"),
    "DISPATCHER": (
        "派遣员",
        "AREA",
        ("report view accept dispatch redispatch merge split suspend resume remind comment correct export"),
    ),
    "HANDLER": ("处置人员", "UNIT", "report view take handle self_handle return help ask_extension comment"),
    "SHIFT": (
        "值班长",
        "AREA",
        (
            "report view accept reject dispatch redispatch close check reopen reply decide_extension suspend "
            "resume merge split void remind supervise comment correct export reveal confirm_visit"
        ),
    ),
    "SUPERVISOR": ("督查员", "AREA", "view verify check supervise remind comment reopen export"),
    "VISITOR": ("回访员", "AREA", "view visit reply reopen comment reveal"),
    "LEADER": (
        "街道领导",
        "AREA",
        "report view comment supervise remind decide_extension suspend reopen export confirm_visit",
    ),
    "ADMIN": ("系统管理员", "OWN", ""),
}

# username: (full name, unit, role, area of the post, "" for that of the unit)
PEOPLE: dict[str, tuple[str, str, str, str]] = {
    "grid1": ("赵青", "RIVER", "GRID", "G1"),
    "grid3": ("冯雪", "HILL", "GRID", "G3"),
    "registrar": ("钱敏", "OFFICE", "REGISTRAR", ""),
    "dispatcher": ("孙伟", "OFFICE", "DISPATCHER", ""),
    "shift": ("王磊", "OFFICE", "SHIFT", ""),
    "handler": ("李强", "URBAN", "HANDLER", ""),
    "cleaner": ("何平", "CLEAN", "HANDLER", ""),
    "water": ("吕江", "WATER", "HANDLER", ""),
    "supervisor": ("周岩", "OFFICE", "SUPERVISOR", ""),
    "visitor": ("吴芳", "OFFICE", "VISITOR", ""),
    "leader": ("郑国", "OFFICE", "LEADER", ""),
    "admin": ("陈安", "OFFICE", "ADMIN", ""),
}


@dataclass
class Town:
    """The rows of the town, by their short names."""

    # DISTRICT STREET RIVER HILL G1 G2 (of RIVER) G3 G4 (HILL).
    areas: dict[str, Area] = field(default_factory=dict)
    premises: dict[str, Premise] = field(default_factory=dict)  # GARDEN (in G1) VILLAGE (in G3)
    units: dict[str, Unit] = field(default_factory=dict)  # OFFICE URBAN CLEAN (below URBAN) WATER RIVER HILL
    posts: dict[str, Post] = field(default_factory=dict)  # by username
    users: dict[str, User] = field(default_factory=dict)  # by username, see PEOPLE
    # CITY > RUBBISH RUBBLE, STREET > STALL, PIPE > COVER.
    categories: dict[str, Category] = field(default_factory=dict)

    def actor(self, username: str) -> Actor:
        """Return the actor of a person of the cast."""
        actor = find_actor(self.users[username])
        assert actor is not None
        return actor

    def name_deputy(self, person: str, deputy: str) -> Deputation:
        """Store that one person of the cast is the deputy of another today, without a post to switch to."""
        return Deputation.objects.create(
            person=self.users[person],
            deputy=self.users[deputy],
            from_date=clock.today(),
            to_date=clock.today(),
            reason="LEAVE",
        )


def square(column: int, row: int, side: float = SIDE) -> dict[str, Any]:
    """Return a square polygon; column and row count sides east and north of the corner of the town."""
    west, south = WEST + column * side, SOUTH + row * side
    ring = [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]}


def _add_area(town: Town, key: str, above: str, **columns: Any) -> None:
    """Add an area with the path that treebeard would assign, but without its three queries for each area."""
    parent = town.areas.get(above)
    if parent is None:
        path, depth = Area._get_path("", 1, 1), 1
    else:
        parent.numchild += 1
        path, depth = Area._get_path(parent.path, parent.depth + 1, parent.numchild), parent.depth + 1
    town.areas[key] = Area(path=path, depth=depth, numchild=0, **columns)


def _add_places(town: Town) -> None:
    _add_area(
        town, "DISTRICT", "", kind="DISTRICT", code="990001", name="清江区", name_en="Qingjiang District"
    )
    _add_area(
        town,
        "STREET",
        "DISTRICT",
        kind="STREET",
        code="990001001",
        name="云溪街道",
        name_en="Yunxi Sub-district",
        polygon=square(0, 0, 2 * SIDE),
    )
    communities = [("RIVER", "临江社区", "Riverside Community"), ("HILL", "望山社区", "Hillview Community")]
    for row, (key, name, name_en) in enumerate(communities):
        code = f"990001001{row + 1:03d}"
        _add_area(town, key, "STREET", kind="COMMUNITY", code=code, name=name, name_en=name_en)
        for column in range(2):
            _add_area(
                town,
                f"G{2 * row + column + 1}",
                key,
                kind="GRID",
                code=f"{code}{column + 1:03d}",
                name=f"第{column + 1}网格",
                name_en=f"Grid {column + 1}",
                polygon=square(column, row),
                schematic=True,
            )
    Area.objects.bulk_create(town.areas.values())
    areas = town.areas
    town.premises["GARDEN"] = Premise.objects.create(
        code="P001",
        kind="ESTATE",
        name="临江花园",
        name_en="Riverside Garden",
        area=areas["G1"],
        address="滨江路1号",
        lon=114.105,
        lat=22.605,
    )
    town.premises["VILLAGE"] = Premise.objects.create(
        code="P002", kind="VILLAGE", name="望山村", name_en="Hillview Village", area=areas["G3"]
    )


def _add_units(town: Town) -> None:
    rows = [
        ("OFFICE", "云溪街道办事处", "Yunxi Sub-district Office", "OFFICE", "", "STREET"),
        ("URBAN", "城市管理科", "Urban Management", "DEPARTMENT", "OFFICE", "STREET"),
        ("CLEAN", "洁净保洁公司", "Cleansing Contractor", "CONTRACTOR", "URBAN", ""),
        ("WATER", "区水务局", "District Water Bureau", "BUREAU", "", ""),
        ("RIVER", "临江社区工作站", "Riverside Workstation", "COMMUNITY", "OFFICE", "RIVER"),
        ("HILL", "望山社区工作站", "Hillview Workstation", "COMMUNITY", "OFFICE", "HILL"),
    ]
    for code, name, name_en, kind, parent, area in rows:
        town.units[code] = Unit.objects.create(
            code=code,
            name=name,
            name_en=name_en,
            kind=kind,
            parent=town.units.get(parent),
            area=town.areas.get(area),
        )


def _add_people(town: Town, password: str | None) -> None:
    for username, (full_name, unit, role, _) in PEOPLE.items():
        title, scope, verbs = ROLES[role]
        rights = [f"cases.case:{verb}" for verb in verbs.split()]
        if role in {"DISPATCHER", "SHIFT", "SUPERVISOR", "LEADER"}:
            rights.append("cases.board:view")
        if role in {"REGISTRAR", "SHIFT", "VISITOR"}:
            rights.append("cases.caller:look_up")
        if role in {"SHIFT", "LEADER"}:
            rights += ["indicators.figure:view", "indicators.figure:confirm"]
        if role == "SHIFT":
            rights.append("indicators.figure:enter")
        if role == "ADMIN":
            rights = [
                "orgs.user:manage",
                "orgs.post:manage",
                "kernel.calendar:manage",
                "cases.category:manage",
                "cases.duty:manage",
                "kernel.policy:manage",
                "packs.pack:apply",
                "exchange.endpoint:manage",
            ]
        town.posts[username] = Post(
            code=f"{unit}.{role}.{username}",
            unit=town.units[unit],
            title=title,
            title_en=role.title(),
            permissions=rights,
            scope=scope,
        )
        town.users[username] = User(username=username, full_name=full_name)
        town.users[username].set_password(password)
    Post.objects.bulk_create(town.posts.values())
    User.objects.bulk_create(town.users.values())


def _add_holdings(town: Town) -> None:
    below = [town.posts[username] for username, (_, _, role, _) in PEOPLE.items() if role == "HANDLER"]
    for post in below:
        post.superior = town.posts["shift"]
    Post.objects.bulk_update(below, ["superior"])
    holdings = {
        username: Holding(user=town.users[username], post=town.posts[username]) for username in PEOPLE
    }
    Holding.objects.bulk_create(holdings.values())
    between = Holding.areas.through
    between.objects.bulk_create(
        between(holding=holdings[username], area=town.areas[area])
        for username, (_, _, _, area) in PEOPLE.items()
        if area
    )


def _add_catalogue(town: Town) -> None:
    rows: list[tuple[str, str, str, str, str, str, list[str]]] = [
        ("CITY", "MATTER", "01", "市容环境", "City appearance", "", []),
        ("RUBBISH", "MATTER", "01001", "暴露垃圾", "Exposed rubbish", "CITY", ["垃圾", "恶臭"]),
        ("RUBBLE", "MATTER", "01002", "积存渣土", "Piled rubble", "CITY", ["渣土", "建筑垃圾"]),
        ("STREET", "MATTER", "04", "街面秩序", "Street order", "", []),
        ("STALL", "MATTER", "04001", "无照经营", "Unlicensed stall", "STREET", ["摆摊", "占道"]),
        ("PIPE", "COMPONENT", "01", "公用设施", "Public facilities", "", []),
        ("COVER", "COMPONENT", "01001", "上水井盖", "Water manhole cover", "PIPE", ["井盖", "漏水"]),
    ]
    for key, kind, code, name, name_en, parent, keywords in rows:
        town.categories[key] = Category.objects.create(
            kind=kind,
            code=code,
            name=name,
            name_en=name_en,
            parent=town.categories.get(parent),
            keywords=keywords,
            verify_first=key == "COVER",
        )
    duties = [
        ("RUBBISH", "URBAN", "RIVER"),
        ("RUBBISH", "CLEAN", ""),
        ("RUBBLE", "URBAN", ""),
        ("STALL", "URBAN", ""),
    ]
    Duty.objects.bulk_create(
        Duty(
            category=town.categories[category],
            lead_unit=town.units[unit],
            area=town.areas.get(area),
            limits={"HANDLE": "1wd"} if category == "RUBBISH" else {"HANDLE": "3wd"},
        )
        for category, unit, area in [*duties, ("COVER", "WATER", "")]
    )
    reasons = [
        ("REJECT", "COURT", "应当通过诉讼、仲裁途径解决", "信访工作条例"),
        ("RETURN", "NOT_OURS", "不属于本单位职责", ""),
        ("RETURN", "NO_PLACE", "地点不清,无法处置", ""),
        ("SUSPEND", "BUDGET", "待资金或立项", ""),
        ("VOID", "MISTAKE", "误报", ""),
        ("CAUSE", "NOT_DONE", "没有处理到位", ""),
        ("KEEP", "UNREASONABLE", "诉求不合理", "信访工作条例"),
    ]
    Reason.objects.bulk_create(
        Reason(kind=kind, code=code, text=text, law=law) for kind, code, text, law in reasons
    )
    Policy.objects.create(key="demo", value=True)


def make_town(password: str | None = None) -> Town:
    """Write the town into the empty database; with a password every user can sign in with it."""
    town = Town()
    _add_places(town)
    _add_units(town)
    _add_people(town, password)
    _add_holdings(town)
    _add_catalogue(town)
    forget_all()
    return town


def make_case(town: Town, *, index: bool = True, **columns: Any) -> Case:
    """Write a case row without a timeline; see `make_cases`."""
    return make_cases(town, [columns], index=index)[0]


def make_cases(town: Town, rows: Sequence[dict[str, Any]], *, index: bool = True) -> list[Case]:
    """Write case rows without timelines, for lists and figures.

    Every column of Case may be given, and `grid` ("G1"), `kind` ("RUBBISH"), `unit` ("URBAN") by short name.
    By default a row is a FILED case of rubbish in G1, reported an hour ago and due tomorrow.
    """
    now = clock.now()
    count_before = Case.objects.count()
    cases = [
        _build_row(town, dict(row), now, count_before + serial) for serial, row in enumerate(rows, start=1)
    ]
    Case.objects.bulk_create(cases)
    if index:
        for case in cases:
            add_to_search(case)
    return cases


def _build_row(town: Town, row: dict[str, Any], now: datetime, serial: int) -> Case:
    area = town.areas.get(row.pop("grid", "G1"))
    category, unit = town.categories.get(row.pop("kind", "RUBBISH")), town.units.get(row.pop("unit", ""))
    reported_at = row.pop("reported_at", now - timedelta(hours=1))
    defaults: dict[str, Any] = {
        "number": f"{reported_at.year}-{serial:08d}",
        "channel": "HOTLINE",
        "subject": f"第{serial}件:路边有垃圾",
        "detail": "路边堆着垃圾,气味很大,请尽快清理。",
        "place_text": "滨江路",
        "state": State.FILED.value,
        "stage": "DISPATCH",
        "area": area,
        "area_path": area.path if area else "",
        "category": category,
        "lead_unit": unit,
        "reported_at": reported_at,
        "reported_date": reported_at.astimezone(clock.TOWN_TZ).date(),
        "due_at": now + timedelta(days=1),
    }
    return Case(**{**defaults, **row})


def add_to_search(case: Case) -> None:
    """Write the search row of the case, as the writer does."""
    tokens = search_tokens(f"{case.subject} {case.place_text} {case.detail}")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO cases_searchrow (case_id, tokens) VALUES (%s, array_to_tsvector(%s::text[]))",
                [case.pk, sorted(set(tokens))],
            )
        else:
            cursor.execute(
                "INSERT INTO cases_searchrow (rowid, tokens) VALUES (%s, %s)", [case.pk, " ".join(tokens)]
            )


# The moves of a case through the loop: (move, username, fields with short names of the town).
PATH: list[tuple[str, str, dict[str, Any]]] = [
    ("ACCEPT", "registrar", {"category": "RUBBISH"}),
    ("DISPATCH", "dispatcher", {"unit": "URBAN"}),
    ("TAKE", "handler", {}),
    ("HANDLE", "handler", {"result": "已清运并冲洗地面。"}),
    ("CHECK_PASS", "supervisor", {"note": "已到现场看过，清理干净。"}),
    ("CLOSE", "shift", {"reply": "您反映的垃圾已清运,感谢监督。"}),
    ("VISIT", "visitor", {"reached": True, "solved": True, "satisfaction": 5}),
]


def walk(town: Town, *, to: str = "FILED", subject: str = "临江花园门口堆放垃圾", **columns: Any) -> Case:
    """File a case by the real actions and move it to the state; it has a timeline, clocks and audit entries.

    Args:
        to: REPORTED, FILED, DISPATCHED, HANDLING, HANDLED, CHECKED, CLOSED or DONE.
        columns: further fields of NewCase.
    """
    new: dict[str, Any] = {
        "channel": "HOTLINE",
        "subject": subject,
        "detail": "临江花园门口堆放垃圾三天,气味很大,请尽快清理。",
        "place_text": "滨江路1号",
        "lon": 114.105,
        "lat": 22.605,
        "reporter_name": "张三",
        "reporter_phone": "13800138000",
    }
    filed = file_case(NewCase(**{**new, **columns}), actor=town.actor("registrar"))
    return walk_case(town, Case.objects.get(pk=filed.id), to=to)


def walk_case(town: Town, case: Case, *, to: str) -> Case:
    """Move a case on to the state, as `walk` does."""
    for code, username, fields in PATH:
        if case.state == to:
            return case
        data = dict(fields)
        if "category" in data:
            data["category"] = town.categories[data["category"]].pk
        if "unit" in data:
            data["unit"] = town.units[data["unit"]].pk
        if code == "HANDLE" and asks_photo_after(case, case.category_id):
            data["photos"] = [store_photo(town, username)]
        case = perform(town.actor(username), case.pk, code, data=data)
    assert case.state == to, f"the path does not lead to {to}"
    return case


# What a move asks for beside the fields that a test is about.
USUAL_FIELDS: dict[str, dict[str, Any]] = {
    "CHECK_PASS": {"note": "已到现场看过。"},
    "SUPERVISE": {"answer_date": "tomorrow"},
}


def make_move(town: Town, who: str, case: Case, code: str, **data: Any) -> Case:
    """Make a move as a user of the cast, with the usual fields where the test names none of them."""
    fields = {**USUAL_FIELDS.get(code, {}), **data}
    if fields.get("answer_date") == "tomorrow":
        fields["answer_date"] = clock.today() + timedelta(days=1)
    return perform(town.actor(who), case.pk, code, data=fields)


def store_photo(town: Town, who: str, kind: Kind = Kind.PHOTO_AFTER) -> int:
    """Store a small photo as an upload of a user of the cast and return its id."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG")
    return store_file(town.actor(who), ContentFile(file.getvalue(), name="现场.jpg"), kind=kind).pk
