"""Registers of illegal construction, land, waste and health stations, demonstration sites and leaders' rounds."""

from collections.abc import Iterator
from datetime import date, timedelta

from tools.buji_registers.world import (
    FIRST,
    LAST,
    Row,
    World,
    happens,
    make_contact,
    pick_day,
    pick_weighted,
    random_source,
    split_total,
    yes_or_no,
)

NEW_PLACES, NEW_M2 = 21, 180_000
STOCK_SETTLED, STOCK_M2, STOCK_LEFT, STOCK_LEFT_M2 = 168, 322_800, 41, 71_350
# (state, conforms to the plan, has a title): (area in hundredths of a hectare, number of parcels). The areas add up to
# 37853: 2461 are vacant or under construction, 14721 conform (38.89 %), 15762 have no title (41.64 %).
LAND = {
    ("已建成", True, True): (8640, 20),
    ("已建成", True, False): (4620, 12),
    ("已建成", False, True): (11811, 27),
    ("已建成", False, False): (10321, 25),
    ("空地", True, True): (760, 3),
    ("空地", False, True): (480, 2),
    ("空地", False, False): (520, 2),
    ("空地在建", True, True): (400, 2),
    ("空地在建", True, False): (301, 1),
}
HOTELS = {"布吉亚朵酒店": 120, "世纪皇廷酒店": 100, "明天酒店": 80}
HOLIDAYS = {
    date(2020, 1, 24),
    date(2020, 1, 27),
    date(2020, 1, 31),
    date(2020, 4, 6),
    date(2020, 5, 1),
    date(2020, 5, 4),
    date(2020, 6, 26),
}
REDEVELOPMENTS = {"旧工业区升级": 11, "旧村改造": 7, "土地整备": 4, "旧商业改造": 4}
NAMED_SITES = 3  # the report names them
DEMO_SITES = {
    "党群聚心共建": ("党群共建", "002"),
    "社校共融共建": ("社校共建", "015"),
    "军民鱼水共建": ("军民共建", "014"),
    "油画街商居共建": ("商居共建", "010"),
    "老街邻里共治": ("党群共建", "003"),
    "红色小区议事会": ("红色小区", "005"),
    "楼长议事角": ("党群共建", "013"),
    "校门口平安圈": ("社校共建", "011"),
    "夜市自治联盟": ("商居共建", "012"),
    "家门口文化站": ("文化治理", "008"),
    "红色小区先锋岗": ("红色小区", "001"),
    "邻里画廊": ("文化治理", "010"),
}


def make_illegal_new(world: World) -> Iterator[Row]:
    """Yield the 21 new illegal buildings, 180,000 m2 in all, every one demolished."""
    rng = random_source("illegal_new")
    for index, area in enumerate(split_total(NEW_M2, NEW_PLACES, rng, least=800)):
        found_date = pick_day(rng, "2020-01-06", "2020-06-05")
        demolished_date = min(found_date + timedelta(days=int(rng.integers(3, 24))), date(2020, 6, 28))
        where = world.pick_place(rng)
        yield {
            "编码": f"XZ2020{index + 1:03}",
            "名称": f"{where['地点']}新增违建",
            **where,
            "自": demolished_date,
            "违建类型": pick_weighted(rng, {"新建": 3, "加层": 4, "扩建": 3, "搭建铁皮棚": 6}),
            "建筑面积": area,
            "发现日期": found_date,
            "发现方式": pick_weighted(rng, {"网格巡查": 6, "投诉举报": 3, "卫片航拍": 2}),
            "已拆除": "是",
            "拆除日期": demolished_date,
        }


def make_illegal_stock(world: World) -> Iterator[Row]:
    """Yield the stock of illegal buildings: 322,800 m2 were disposed of in the half-year, the others remain."""
    rng = random_source("illegal_stock")
    areas = split_total(STOCK_M2, STOCK_SETTLED, rng, least=90) + split_total(
        STOCK_LEFT_M2, STOCK_LEFT, rng, least=90
    )
    months = {
        "01-06 01-22": 3,
        "02-17 02-29": 2,
        "03-01 03-31": 5,
        "04-01 04-30": 7,
        "05-01 05-31": 8,
        "06-01 06-30": 8,
    }
    for index, area in enumerate(areas):
        settled, where = index < STOCK_SETTLED, world.pick_place(rng)
        first, last = pick_weighted(rng, months).split()
        disposed_date = pick_day(rng, f"2020-{first}", f"2020-{last}")
        use = pick_weighted(rng, {"厂房": 5, "住宅": 3, "商铺": 2, "仓储": 3, "棚屋": 4})
        yield {
            "编码": f"CL{index + 1:04}",
            "名称": f"{where['地点']}{use}",
            **where,
            "自": disposed_date if settled else "2020-01-02",
            "建筑面积": area,
            "层数": 1 if use in {"棚屋", "仓储"} else int(rng.integers(1, 7)),
            "建成年份": int(rng.integers(1992, 2014)),
            "现状用途": use,
            "已处置": yes_or_no(settled),
            "处置方式": pick_weighted(rng, {"拆除": 4, "消化": 1}) if settled else "",
            "处置日期": disposed_date if settled else "",
        }


def make_land_parcels(world: World) -> Iterator[Row]:
    """Yield the parcels of industrial land: 378.53 ha."""
    rng = random_source("land_parcels")
    number = 0
    for (state, conforms, titled), (total, count) in LAND.items():
        for area in split_total(total, count, rng, least=40):
            number += 1
            where = world.pick_place(rng)
            owner = {"国有": 3, "社区股份合作公司": 2} if titled else {"社区股份合作公司": 3, "未明确": 2}
            yield {
                "编码": f"CY{number:03}",
                "名称": f"{world.community_name(where['网格'])}{where['地点']}地块",
                **where,
                "自": pick_day(rng, "2020-01-02", "2020-03-31"),
                "用地面积": f"{area / 100:.2f}",
                "开发状态": state,
                "符合法定图则": yes_or_no(conforms),
                "已确权": yes_or_no(titled),
                "现状用途": pick_weighted(rng, {"普通工业": 6, "新型产业": 1, "仓储物流": 2}),
                "土地性质": pick_weighted(rng, owner),
            }


def make_waste_stations(world: World) -> Iterator[Row]:
    """Yield ten waste transfer stations, eight of them refitted."""
    rng = random_source("waste_stations")
    for index, community in enumerate(list(world.grids)[1:11]):
        done, refitted = index not in {3, 8}, pick_day(rng, "2020-02-24", "2020-06-24")
        yield {
            "编码": f"ZZ{index + 1:02}",
            "名称": f"{world.community_name(community)}垃圾转运站",
            **world.pick_place(rng, community),
            "自": refitted if done else "2020-01-02",
            "站型": pick_weighted(rng, {"地埋压缩式": 6, "移动压缩箱": 3}) if done else "敞开式",
            "日转运能力": int(rng.integers(3, 13)) * 10,
            "整治提升已完成": yes_or_no(done),
            "整治完成日期": refitted if done else "",
        }


def make_health_stations(world: World) -> Iterator[Row]:
    """Yield the three health stations with 300 rooms; none had an accident, an escape or a complaint."""
    rng = random_source("health_stations")
    communities = ("007", "003", "009")
    for index, ((name, rooms), community) in enumerate(zip(HOTELS.items(), communities, strict=True)):
        opened = pick_day(rng, "2020-02-01", "2020-03-20")
        yield {
            "编码": f"YZ{index + 1}",
            "名称": f"{name}健康驿站",
            **world.pick_place(rng, f"440307014{community}"),
            "自": opened,
            "房间数": rooms,
            "启用日期": opened,
            "安全事故": 0,
            "脱管": 0,
            "投诉": 0,
            "值班联系人": make_contact(rng),
        }


def make_demo_sites(world: World) -> Iterator[Row]:
    """Yield the twelve demonstration sites."""
    rng = random_source("demo_sites")
    for index, (name, (theme, community)) in enumerate(DEMO_SITES.items()):
        opened = pick_day(rng, "2020-03-20", "2020-06-22")
        yield {
            "编码": f"SF{index + 1:02}",
            "名称": f"{name}示范点",
            **world.pick_place(rng, f"440307014{community}"),
            "自": opened,
            "主题": theme,
            "重点推介": yes_or_no(index < NAMED_SITES),
            "建成日期": opened,
            "共建单位数": int(rng.integers(2, 9)),
            "项目数": int(rng.integers(1, 6)),
        }


def make_redevelopments(world: World) -> Iterator[Row]:
    """Yield the 26 redevelopment projects."""
    rng = random_source("redevelopments")
    kinds = [kind for kind, count in REDEVELOPMENTS.items() for _ in range(count)]
    for index, kind in enumerate(kinds):
        place = world.pick_place(rng)
        yield {
            "编码": f"EK{index + 1:02}",
            "名称": f"{place['地点']}{kind}",
            **place,
            "自": pick_day(rng, "2020-01-06", "2020-06-19"),
            "项目类型": kind,
            "阶段": pick_weighted(rng, {"谋划": 0.35, "申报": 0.25, "规划": 0.25, "实施": 0.15}),
            "用地面积": int(rng.integers(60, 900)) / 100,
        }


def make_leader_rounds(world: World) -> Iterator[Row]:
    """Yield a night round for every Monday and a walk for every Friday of the half-year, except on holidays."""
    rng = random_source("leader_rounds")
    communities = list(world.grids)
    themes = {"消防安全": 3, "市容环境": 4, "河道水质": 2, "重点工程": 2}
    for offset in range((LAST - FIRST).days + 1):
        round_date = FIRST + timedelta(days=offset)
        if round_date.weekday() not in {0, 4} or round_date in HOLIDAYS:
            continue
        community = communities[int(rng.integers(len(communities)))]
        roads = [road for road, _english in world.roads[community]]
        night, epidemic = round_date.weekday() == 0, round_date >= date(2020, 2, 3)
        problems = int(rng.poisson(6)) + 1
        title = "率队夜查" if night else "行走布吉"
        yield {
            "编码": f"{'YC' if night else 'XZ'}{round_date:%Y%m%d}",
            "名称": f"{round_date.month}月{round_date.day}日{title}：{world.community_name(community)}",
            "网格": community,
            "自": round_date,
            "形式": "周一率队夜查" if night else "周五行走布吉",
            "检查日期": round_date,
            "检查重点": pick_weighted(
                rng, {**themes, **({"疫情防控": 8, "复工复产": 3} if epidemic else {})}
            ),
            "路线": "、".join(roads[:3]),
            "发现问题数": problems,
            "已整改数": problems - (1 if happens(rng, 0.3) else 0),
        }
