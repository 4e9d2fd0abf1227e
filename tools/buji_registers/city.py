"""Illegal construction, land, waste stations, health stations, demonstration sites and leaders' rounds."""

from collections.abc import Iterator
from datetime import date, timedelta

from tools.buji_registers.world import (
    FIRST,
    LAST,
    Row,
    World,
    chance,
    day,
    parts,
    person,
    pick,
    rng_of,
    yes,
)

NEW_PLACES, NEW_M2 = 21, 180_000
STOCK_SETTLED, STOCK_M2, STOCK_LEFT, STOCK_LEFT_M2 = 168, 322_800, 41, 71_350
# hundredths of a hectare by (state, conforms, titled), and how many parcels: 37853 in all, 2461 vacant or under
# construction, 14721 conforming (38.89 %), 15762 without title (41.64 %)
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


def illegal_new(world: World) -> Iterator[Row]:
    """Make the 21 places of new illegal construction, 180,000 m2, all demolished."""
    rng = rng_of("illegal_new")
    for index, area in enumerate(parts(NEW_M2, NEW_PLACES, rng, least=800)):
        found = day(rng, "2020-01-06", "2020-06-05")
        gone = min(found + timedelta(days=int(rng.integers(3, 24))), date(2020, 6, 28))
        where = world.spot(rng)
        yield {
            "编码": f"XZ2020{index + 1:03}",
            "名称": f"{where['地点']}新增违建",
            **where,
            "自": gone,
            "违建类型": pick(rng, {"新建": 3, "加层": 4, "扩建": 3, "搭建铁皮棚": 6}),
            "建筑面积": area,
            "发现日期": found,
            "发现方式": pick(rng, {"网格巡查": 6, "投诉举报": 3, "卫片航拍": 2}),
            "已拆除": "是",
            "拆除日期": gone,
        }


def illegal_stock(world: World) -> Iterator[Row]:
    """Make the stock of illegal construction: 322,800 m2 disposed of in the half-year, and some that is left."""
    rng = rng_of("illegal_stock")
    areas = parts(STOCK_M2, STOCK_SETTLED, rng, least=90) + parts(STOCK_LEFT_M2, STOCK_LEFT, rng, least=90)
    months = {
        "01-06 01-22": 3,
        "02-17 02-29": 2,
        "03-01 03-31": 5,
        "04-01 04-30": 7,
        "05-01 05-31": 8,
        "06-01 06-30": 8,
    }
    for index, area in enumerate(areas):
        settled, where = index < STOCK_SETTLED, world.spot(rng)
        first, last = pick(rng, months).split()
        gone = day(rng, f"2020-{first}", f"2020-{last}")
        use = pick(rng, {"厂房": 5, "住宅": 3, "商铺": 2, "仓储": 3, "棚屋": 4})
        yield {
            "编码": f"CL{index + 1:04}",
            "名称": f"{where['地点']}{use}",
            **where,
            "自": gone if settled else "2020-01-02",
            "建筑面积": area,
            "层数": 1 if use in {"棚屋", "仓储"} else int(rng.integers(1, 7)),
            "建成年份": int(rng.integers(1992, 2014)),
            "现状用途": use,
            "已处置": yes(settled),
            "处置方式": pick(rng, {"拆除": 4, "消化": 1}) if settled else "",
            "处置日期": gone if settled else "",
        }


def land_parcels(world: World) -> Iterator[Row]:
    """Make the parcels of industrial land: 378.53 ha."""
    rng = rng_of("land_parcels")
    number = 0
    for (state, conforms, titled), (total, count) in LAND.items():
        for area in parts(total, count, rng, least=40):
            number += 1
            where = world.spot(rng)
            owner = {"国有": 3, "社区股份合作公司": 2} if titled else {"社区股份合作公司": 3, "未明确": 2}
            yield {
                "编码": f"CY{number:03}",
                "名称": f"{world.community(where['网格'])}{where['地点']}地块",
                **where,
                "自": day(rng, "2020-01-02", "2020-03-31"),
                "用地面积": f"{area / 100:.2f}",
                "开发状态": state,
                "符合法定图则": yes(conforms),
                "已确权": yes(titled),
                "现状用途": pick(rng, {"普通工业": 6, "新型产业": 1, "仓储物流": 2}),
                "土地性质": pick(rng, owner),
            }


def waste_stations(world: World) -> Iterator[Row]:
    """Make ten waste transfer stations, eight of them refitted."""
    rng = rng_of("waste_stations")
    for index, community in enumerate(list(world.grids)[1:11]):
        done, refitted = index not in {3, 8}, day(rng, "2020-02-24", "2020-06-24")
        yield {
            "编码": f"ZZ{index + 1:02}",
            "名称": f"{world.community(community)}垃圾转运站",
            **world.spot(rng, community),
            "自": refitted if done else "2020-01-02",
            "站型": pick(rng, {"地埋压缩式": 6, "移动压缩箱": 3}) if done else "敞开式",
            "日转运能力": int(rng.integers(3, 13)) * 10,
            "整治提升已完成": yes(done),
            "整治完成日期": refitted if done else "",
        }


def health_stations(world: World) -> Iterator[Row]:
    """Make the three health stations, 300 rooms, without accident, lapse or complaint."""
    rng = rng_of("health_stations")
    communities = ("007", "003", "009")
    for index, ((name, rooms), community) in enumerate(zip(HOTELS.items(), communities, strict=True)):
        opened = day(rng, "2020-02-01", "2020-03-20")
        yield {
            "编码": f"YZ{index + 1}",
            "名称": f"{name}健康驿站",
            **world.spot(rng, f"440307014{community}"),
            "自": opened,
            "房间数": rooms,
            "启用日期": opened,
            "安全事故": 0,
            "脱管": 0,
            "投诉": 0,
            "值班联系人": person(rng),
        }


def demo_sites(world: World) -> Iterator[Row]:
    """Make the twelve demonstration sites."""
    rng = rng_of("demo_sites")
    for index, (name, (theme, community)) in enumerate(DEMO_SITES.items()):
        opened = day(rng, "2020-03-20", "2020-06-22")
        yield {
            "编码": f"SF{index + 1:02}",
            "名称": f"{name}示范点",
            **world.spot(rng, f"440307014{community}"),
            "自": opened,
            "主题": theme,
            "建成日期": opened,
            "共建单位数": int(rng.integers(2, 9)),
            "项目数": int(rng.integers(1, 6)),
        }


def leader_rounds(world: World) -> Iterator[Row]:
    """Make a night round of every Monday and a walk of every Friday of the half-year that were working days."""
    rng = rng_of("leader_rounds")
    communities = list(world.grids)
    themes = {"消防安全": 3, "市容环境": 4, "河道水质": 2, "重点工程": 2}
    for past in range((LAST - FIRST).days + 1):
        at = FIRST + timedelta(days=past)
        if at.weekday() not in {0, 4} or at in HOLIDAYS:
            continue
        community = communities[int(rng.integers(len(communities)))]
        roads = [road for road, _english in world.roads[community]]
        night, epidemic = at.weekday() == 0, at >= date(2020, 2, 3)
        found = int(rng.poisson(6)) + 1
        yield {
            "编码": f"{'YC' if night else 'XZ'}{at:%Y%m%d}",
            "名称": f"{at.month}月{at.day}日{'率队夜查' if night else '行走布吉'}：{world.community(community)}",
            "网格": community,
            "自": at,
            "形式": "周一率队夜查" if night else "周五行走布吉",
            "检查日期": at,
            "检查重点": pick(rng, {**themes, **({"疫情防控": 8, "复工复产": 3} if epidemic else {})}),
            "路线": "、".join(roads[:3]),
            "发现问题数": found,
            "已整改数": found - (1 if chance(rng, 0.3) else 0),
        }
