"""Registers of small premises, enterprises, scattered polluters, recycling yards, markets and accidents."""

from collections.abc import Iterator

from numpy.random import Generator

from tools.buji_registers.world import (
    Row,
    World,
    happens,
    make_contact,
    pick_day,
    pick_evenly,
    pick_weighted,
    random_source,
    yes_or_no,
)

SMALL, SMALL_RESUMED = 1260, 1080
ABOVE, MINES = 28, 500
POLLUTERS, RECTIFIED = 474, 460
YARDS = 36
LUCKY = ("顺", "兴", "福", "和", "隆", "安", "泰", "盛", "宏", "德", "瑞", "祥", "裕", "昌", "佳", "美")
MORE = ("意", "达", "源", "发", "利", "旺", "丰", "康", "华", "诚", "通", "城", "记", "家", "乐", "居")
TRADES = {
    "小档口": (
        "便利店",
        "餐馆",
        "早餐店",
        "理发店",
        "水果店",
        "五金店",
        "药店",
        "服装店",
        "手机维修",
        "粮油店",
    ),
    "小作坊": ("五金加工", "裁缝加工", "木器加工", "画框加工", "广告制作", "食品加工", "电子加工"),
    "小娱乐场所": ("棋牌室", "台球室", "足浴", "网吧"),
}
INDUSTRIES = {
    "电子电器": "电子",
    "五金塑胶": "五金制品",
    "服装皮具": "服饰",
    "印刷包装": "包装印刷",
    "工艺美术": "工艺品",
    "珠宝首饰": "珠宝",
    "其他": "实业",
}
PROBLEMS = {"选址不符": 3, "手续不全": 5, "噪声扰民": 1}
RIVERS = {"布吉河": 4, "大芬水": 2, "水径水": 2, "塘径水": 1, "莲花水": 1}
ACCIDENTS = {
    2019: {"火灾": 46, "道路交通": 32, "生产安全": 6},
    2020: {"火灾": 24, "道路交通": 15, "生产安全": 3},
}
SITES = {
    "火灾": {"住宅": 5, "三小场所": 3, "厂房": 1, "室外": 2},
    "道路交通": {"道路": 1},
    "生产安全": {"厂房": 2, "工地": 3},
}
CAUSES = {
    "火灾": {"电气故障": 5, "电动自行车充电": 2, "用火不慎": 3, "其他": 1},
    "道路交通": {"违规驾驶": 5, "其他": 1},
    "生产安全": {"违章作业": 4, "其他": 1},
}


def _shop_name(rng: Generator) -> str:
    return pick_evenly(rng, LUCKY) + pick_evenly(rng, MORE)


def make_small_premises(world: World) -> Iterator[Row]:
    """Yield 1,260 small premises; 1,080 of them (85.7 %) have resumed work."""
    rng = random_source("small_premises")
    waiting = {int(index) for index in rng.permutation(SMALL)[SMALL_RESUMED:]}
    villages = world.by_kind["VILLAGE"]
    for index in range(SMALL):
        kind = pick_weighted(rng, {"小档口": 80, "小作坊": 14, "小娱乐场所": 6})
        trade = pick_evenly(rng, TRADES[kind])
        if happens(rng, 0.7):
            village = villages[int(rng.integers(len(villages)))]
            lon, lat = world.point_near(village, rng)
            house = f"{village.name}{int(rng.integers(1, 16))}巷{int(rng.integers(1, 30))}号首层"
            where: Row = {"处所": village.code, "网格": "", "地点": house, "经度": lon, "纬度": lat}
        else:
            where = {"处所": "", **world.pick_place(rng)}
        resumed = pick_day(rng, "2020-02-20", "2020-06-19")
        yield {
            "编码": f"SX{index + 1:05}",
            "名称": _shop_name(rng) + trade,
            **where,
            "自": pick_day(rng, "2020-05-11", "2020-06-29") if index in waiting else resumed,
            "场所类型": kind,
            "经营业态": trade,
            **_shop_columns(rng, kind, trade),
            "已复工": yes_or_no(index not in waiting),
            "复工日期": "" if index in waiting else resumed,
            "负责人": make_contact(rng) if index % 60 == 0 else "",
        }


def _shop_columns(rng: Generator, kind: str, trade: str) -> Row:
    area, cooking = int(rng.integers(12, 140)), trade in {"餐馆", "早餐店", "食品加工"}
    return {
        "建筑面积": area,
        "从业人数": 1 + int(rng.poisson(area / 25)),
        "违规住人": yes_or_no(happens(rng, 0.06)),
        "安全出口数": 2 if happens(rng, 0.9 if kind == "小娱乐场所" else 0.3) else 1,
        "卷闸门内无逃生门": yes_or_no(kind == "小档口" and happens(rng, 0.3)),
        "灭火器数": int(pick_weighted(rng, {"1": 12, "2": 70, "3": 10, "4": 8})),
        "已装烟感": yes_or_no(happens(rng, 0.8)),
        "燃气瓶数": int(rng.integers(1, 5)) if cooking else 0,
    }


def make_enterprises(world: World) -> Iterator[Row]:
    """Yield 28 enterprises above the designated size, which all work, and 500 others, of which 499 work."""
    rng = random_source("enterprises")
    names: set[str] = set()
    for index in range(ABOVE + MINES):
        above = index < ABOVE
        industry = pick_weighted(
            rng,
            {
                "电子电器": 5,
                "五金塑胶": 6,
                "服装皮具": 3,
                "印刷包装": 3,
                "工艺美术": 4,
                "珠宝首饰": 1,
                "其他": 3,
            },
        )
        name = _company_name(rng, INDUSTRIES[industry], names)
        employees = int(rng.integers(60, 620)) if above else int(rng.integers(4, 90))
        resumed = (
            pick_day(rng, "2020-02-10", "2020-02-28") if above else pick_day(rng, "2020-02-17", "2020-04-30")
        )
        working = index != ABOVE + MINES - 1
        yield {
            "编码": f"QY{index + 1:04}",
            "名称": name,
            **world.pick_place(rng),
            "自": resumed if working else "2020-05-06",
            "企业类别": "规上工业企业" if above else "工矿企业",
            "行业": industry,
            "职工人数": employees,
            "已复工": yes_or_no(working),
            "复工日期": resumed if working else "",
            "挂点服务层级": _service_level(rng, above),
            **_hazard_columns(rng, industry),
            "联系人": make_contact(rng) if above else "",
        }


def _company_name(rng: Generator, word: str, names: set[str]) -> str:
    while (name := f"{_shop_name(rng)}{pick_evenly(rng, LUCKY)}{word}有限公司") in names:
        pass
    names.add(name)
    return name


def _service_level(rng: Generator, above: bool) -> str:
    return pick_weighted(
        rng, {"区领导": 1, "区属部门或街道领导": 3} if above else {"区属部门或街道领导": 1, "服务专员": 12}
    )


def _hazard_columns(rng: Generator, industry: str) -> Row:
    dusty = industry in {"五金塑胶", "工艺美术", "珠宝首饰"}
    return {
        "涉爆粉尘": yes_or_no(dusty and happens(rng, 0.12)),
        "使用危险化学品": yes_or_no(happens(rng, 0.3 if industry == "印刷包装" else 0.08)),
        "有限空间作业": yes_or_no(happens(rng, 0.06)),
    }


def make_scattered_polluters(world: World) -> Iterator[Row]:
    """Yield the 474 scattered polluters, 460 of them rectified."""
    rng = random_source("scattered_polluters")
    left = {int(index) for index in rng.permutation(POLLUTERS)[RECTIFIED:]}
    kinds = {
        "五金加工": 9,
        "印刷": 3,
        "洗车": 6,
        "食品加工": 4,
        "废品回收": 6,
        "木器喷漆": 3,
        "洗水洗涤": 2,
        "其他": 4,
    }
    for index in range(POLLUTERS):
        trade, found_date = pick_weighted(rng, kinds), pick_day(rng, "2020-01-02", "2020-04-20")
        wet = trade in {"洗车", "食品加工", "洗水洗涤"}
        done = index not in left
        rectified = pick_day(rng, str(found_date), "2020-06-28")
        yield {
            "编码": f"SLW{index + 1:03}",
            "名称": _shop_name(rng) + (trade if trade != "其他" else "加工点"),
            **world.pick_place(rng),
            "自": rectified if done else found_date,
            "行业": trade,
            "主要问题": pick_weighted(
                rng, {**PROBLEMS, "废水直排": 8 if wet else 1, "废气超标": 0.5 if wet else 2}
            ),
            "所属流域": pick_weighted(rng, RIVERS),
            "整治方式": pick_weighted(rng, {"关停取缔": 5, "整合搬迁": 2, "升级改造": 4}),
            "已完成整治": yes_or_no(done),
            "整治完成日期": rectified if done else "",
            "整治时限": "2020-06-30" if done else "2020-09-30",
        }


def make_recycling_yards(world: World) -> Iterator[Row]:
    """Yield the recycling yards."""
    rng = random_source("recycling_yards")
    for index in range(YARDS):
        goods = pick_weighted(rng, {"废纸塑料": 4, "废金属": 2, "废旧家电": 2, "综合": 4})
        yield {
            "编码": f"ZS{index + 1:02}",
            "名称": f"{_shop_name(rng)}再生资源回收站",
            **world.pick_place(rng),
            "自": pick_day(rng, "2020-03-02", "2020-06-26"),
            "已备案": yes_or_no(happens(rng, 0.75)),
            "占地面积": int(rng.integers(4, 60)) * 10,
            "主要品类": goods,
            "违规住人": yes_or_no(happens(rng, 0.08)),
            "灭火器数": int(rng.integers(2, 12)),
            "距住宅不足10米": yes_or_no(happens(rng, 0.3)),
        }


def make_markets(world: World) -> Iterator[Row]:
    """Yield the five farmers' markets, which are all being upgraded."""
    rng = random_source("markets")
    homes = {
        "富民市场": "003",
        "德兴农贸市场": "007",
        "文景农贸市场": "011",
        "可园农贸市场": "012",
        "罗岗农贸市场": "017",
    }
    for index, (name, community) in enumerate(homes.items()):
        begun, stalls = pick_day(rng, "2020-03-16", "2020-06-12"), int(rng.integers(60, 190))
        yield {
            "编码": f"NM{index + 1:02}",
            "名称": name,
            **world.pick_place(rng, f"440307014{community}"),
            "自": begun,
            "摊位数": stalls,
            "建筑面积": stalls * int(rng.integers(14, 22)),
            "升级改造已启动": "是",
            "启动日期": begun,
            "改造阶段": "施工" if index < 3 else "方案设计",
        }


def make_accidents(world: World) -> Iterator[Row]:
    """Yield the accidents of two half-years: 84 in the first, 42 in the second."""
    rng = random_source("accidents")
    for year, kinds in ACCIDENTS.items():
        days = sorted(
            (pick_day(rng, f"{year}-01-01", f"{year}-06-29"), kind)
            for kind, n in kinds.items()
            for _ in range(n)
        )
        for index, (happened, kind) in enumerate(days):
            where = world.pick_place(rng)
            injured = int(rng.integers(1, 3)) if happens(rng, 0.1 if kind == "火灾" else 0.6) else 0
            yield {
                "编码": f"SG{year}{index + 1:03}",
                "名称": f"{where['地点']}{kind}事故",
                **where,
                "自": happened,
                "事故类别": kind,
                "发生日期": happened,
                "事故场所": pick_weighted(rng, SITES[kind]),
                "直接原因": pick_weighted(rng, CAUSES[kind]),
                "受伤人数": injured,
                "直接经济损失": int(rng.integers(2, 60)) * 500,
            }
