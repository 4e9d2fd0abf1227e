"""Registers of villages, estates, blocks, buildings to let, old estates, checkpoints and sorting points."""

from collections.abc import Iterator

from numpy.random import Generator

from tools.buji_registers.world import (
    Premise,
    Row,
    World,
    happens,
    make_contact,
    pick_day,
    pick_evenly,
    pick_weighted,
    random_source,
    split_total,
    yes_or_no,
)

UNDER_IMPROVEMENT = ("龙岭新村", "木棉湾老围", "大芬老围", "南三老围", "金排新村")
GATES = ("东门", "南门", "西门", "北门", "东南门", "西北门", "后门")
RENTALS_ELSEWHERE = 500
NAMED_MANAGERS = 40
OLD_LAND = 500_000  # m2


def make_urban_villages(world: World) -> Iterator[Row]:
    """Yield the 43 urban villages."""
    rng = random_source("urban_villages")
    for premise, rentals in zip(world.by_kind["VILLAGE"], world.rentals, strict=True):
        enclosed, buildings = pick_day(rng, "2020-01-28", "2020-02-12"), rentals + int(rng.integers(8, 40))
        state = (
            "已进场施工"
            if premise.name in UNDER_IMPROVEMENT
            else pick_weighted(rng, {"未列入": 4, "已列入计划": 1})
        )
        yield {
            "编码": premise.code,
            "名称": premise.name,
            "处所": premise.code,
            "自": enclosed,
            "全封闭围合": "是",
            "围合完成日期": enclosed,
            "保留出入口数": world.entrances[premise.code],
            "市政基础设施缺乏规划": yes_or_no(premise.code in world.unplanned),
            "综合治理": state,
            "楼栋数": buildings,
            "实有人口": buildings * int(rng.integers(30, 52)),
            **_party_columns(world, premise),
        }


def _party_columns(world: World, premise: Premise) -> Row:
    joint = any(premise in pair for pair in world.joint)
    form = ("联合组建" if joint else "单独组建") if premise.code in world.covered else ""
    return {"党组织已覆盖": yes_or_no(bool(form)), "党组织组建方式": form}


def make_estates(world: World) -> Iterator[Row]:
    """Yield the 102 estates, 91 of them without bins on their floors."""
    rng = random_source("estates")
    for premise in world.by_kind["ESTATE"]:
        enclosed, removed = (
            pick_day(rng, "2020-01-27", "2020-02-10"),
            pick_day(rng, "2020-02-20", "2020-06-24"),
        )
        done = premise.code in world.bins_removed
        yield {
            "编码": premise.code,
            "名称": premise.name,
            "处所": premise.code,
            "自": removed if done else enclosed,
            "全封闭围合": "是",
            "围合完成日期": enclosed,
            "保留出入口数": world.entrances[premise.code],
            "竣工年份": world.completed[premise.code],
            "户数": int(rng.integers(9, 90)) * 12,
            "管理方式": pick_weighted(rng, {"物业服务企业": 8, "业主自管": 1, "社区托管": 1}),
            "楼层撤桶": yes_or_no(done),
            "撤桶完成日期": removed if done else "",
            **_party_columns(world, premise),
        }


def make_blocks(world: World) -> Iterator[Row]:
    """Yield the 40 street-front blocks."""
    rng = random_source("blocks")
    for premise in world.by_kind["BLOCK"]:
        enclosed, storeys = pick_day(rng, "2020-01-30", "2020-02-14"), int(rng.integers(4, 12))
        yield {
            "编码": premise.code,
            "名称": premise.name,
            "处所": premise.code,
            "自": enclosed,
            "全封闭围合": "是",
            "围合完成日期": enclosed,
            "层数": storeys,
            "住户数": (storeys - 1) * int(rng.integers(2, 9)),
            "临街铺位数": int(rng.integers(2, 11)),
            "管理方式": pick_weighted(rng, {"物业服务企业": 3, "业主自管": 4, "社区托管": 2, "无人管理": 1}),
        }


def make_rental_buildings(world: World) -> Iterator[Row]:
    """Yield the 2,380 buildings to let, most of them in villages."""
    rng = random_source("rental_buildings")
    number: dict[str, int] = {}
    places = [
        premise
        for premise, count in zip(world.by_kind["VILLAGE"], world.rentals, strict=True)
        for _ in range(count)
    ]
    named = {int(index) for index in rng.permutation(len(places))[:NAMED_MANAGERS]}
    for index, village in enumerate([*places, *[None] * RENTALS_ELSEWHERE]):
        if village is not None:
            lane, house = int(rng.integers(1, 16)), int(rng.integers(1, 30))
            lon, lat = world.point_near(village, rng)
            where: Row = {
                "处所": village.code,
                "地点": f"{village.name}{lane}巷{house}号",
                "经度": lon,
                "纬度": lat,
            }
            grid = village.area
        else:
            where = {"处所": "", **world.pick_place(rng)}
            grid = where["网格"]
        number[grid] = number.get(grid, 0) + 1
        yield {
            "编码": f"{grid}F{number[grid]:03}",
            "名称": where["地点"] + "楼",
            "网格": "",
            **where,
            **_building_columns(rng),
            "楼栋负责人": make_contact(rng) if index in named else "",
        }


def _building_columns(rng: Generator) -> Row:
    storeys = int(pick_weighted(rng, {"3": 5, "4": 12, "5": 22, "6": 33, "7": 16, "8": 8, "9": 4}))
    rooms = storeys * int(rng.integers(2, 5))
    graded = pick_day(rng, "2020-03-02", "2020-06-24")
    return {
        "自": graded,
        "用途": pick_weighted(rng, {"住宅出租": 70, "商住混合": 24, "员工宿舍": 6}),
        "层数": storeys,
        "出租间数": rooms,
        "在住人数": int(rooms * rng.uniform(1.0, 2.3)),
        "疏散楼梯数": 2 if happens(rng, 0.8 if storeys >= 7 else 0.35) else 1,
        "室内停放电动自行车数": int(rng.integers(1, 7)) if happens(rng, 0.15) else 0,
        "瓶装燃气户数": min(rooms, int(rng.poisson(2 if happens(rng, 0.7) else 5))),
        "有隔断间": yes_or_no(happens(rng, 0.07)),
        "防盗网未留逃生口": yes_or_no(happens(rng, 0.14)),
        "已装独立烟感": yes_or_no(happens(rng, 0.88)),
        "已装门禁": yes_or_no(happens(rng, 0.8)),
        "评定日期": graded,
    }


def make_old_estates(world: World) -> Iterator[Row]:
    """Yield the 19 old residential areas, 500,000 m2 together."""
    rng = random_source("old_estates")
    old = [premise for premise in world.by_kind["ESTATE"] if world.completed[premise.code] < 2000]
    for premise, land in zip(old, split_total(OLD_LAND, len(old), rng, least=9000, spread=3), strict=True):
        yield {
            "编码": premise.code,
            "名称": premise.name,
            "处所": premise.code,
            "自": pick_day(rng, "2020-01-06", "2020-05-29"),
            "竣工年份": world.completed[premise.code],
            "占地面积": land,
            "楼栋数": max(2, land // 2600),
            "户数": max(2, land // 2600) * int(rng.integers(24, 49)),
            "已通管道天然气": yes_or_no(happens(rng, 0.6)),
            "房屋安全鉴定": pick_weighted(rng, {"未鉴定": 6, "A级": 2, "B级": 6, "C级": 3}),
            "改造方向": pick_weighted(rng, {"拟纳入棚改": 5, "综合整治": 4, "未定": 3}),
        }


def make_checkpoints(world: World) -> Iterator[Row]:
    """Yield the 281 checkpoints at the entrances that stay open."""
    rng = random_source("checkpoints")
    kinds = {"VILLAGE": "城中村出入口", "ESTATE": "小区出入口", "BLOCK": "楼栋出入口"}
    for premise in world.premises:
        gates = rng.permutation(len(GATES))
        for index in range(world.entrances[premise.code]):
            (lon, lat), since = world.point_near(premise, rng, 30), pick_day(rng, "2020-01-27", "2020-02-14")
            always = premise.kind == "VILLAGE" or happens(rng, 0.6)
            yield {
                "编码": f"{premise.code}K{index + 1}",
                "名称": f"{premise.name}{GATES[int(gates[index])]}卡口",
                "处所": premise.code,
                "经度": lon,
                "纬度": lat,
                "自": since,
                "卡口类型": kinds[premise.kind],
                "值守方式": "全天值守" if always else "分时值守",
                "每班人数": int(rng.integers(2, 5)) if always else 1,
                "有测温设备": yes_or_no(always or happens(rng, 0.7)),
                "设置日期": since,
            }


def make_sorting_points(world: World) -> Iterator[Row]:
    """Yield one or two sorting points for each of the 91 estates without bins on their floors."""
    rng = random_source("sorting_points")
    for premise in world.by_kind["ESTATE"]:
        if premise.code not in world.bins_removed:
            continue
        for index in range(2 if happens(rng, 0.5) else 1):
            (lon, lat), opened = world.point_near(premise, rng, 25), pick_day(rng, "2020-01-06", "2020-06-24")
            yield {
                "编码": f"{premise.code}T{index + 1}",
                "名称": f"{premise.name}{index + 1}号投放点",
                "所属": premise.code,
                "经度": lon,
                "纬度": lat,
                "自": opened,
                "形式": pick_weighted(rng, {"投放屋": 3, "投放亭": 4, "桶组": 3}),
                "分类桶数": 4 * int(rng.integers(1, 5)),
                "开放时段": pick_evenly(
                    rng, ("7:00-9:00、18:30-21:30", "7:00-9:30、18:00-21:00", "6:30-9:00、19:00-22:00")
                ),
                "定时定点督导": "是",
                "有洗手池": yes_or_no(happens(rng, 0.6)),
                "启用日期": opened,
            }
