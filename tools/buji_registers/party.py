"""Registers of party organisations, and those of discipline: counts of talks and inspections without names."""

from collections.abc import Iterator
from datetime import date, timedelta

from tools.buji_registers.world import (
    Row,
    World,
    pick_day,
    pick_weighted,
    random_source,
    split_total,
    yes_or_no,
)

TALKS, TALK_ROUNDS = 128, 46
INSPECTIONS, NOTIFIED = 34, 8
KEY_MATTERS = 47
TEMPORARY = (
    "健康驿站",
    "5G基站建设",
    "赣深铁路征拆",
    "富民市场周边市容环境综合整治",
    "翔鸽路建设",
    "惠康路建设",
    "铁东路云巴前期",
    "创富南路征拆",
    "地铁14号线协调",
    "布吉公园建设",
    "大芬油画村整治",
    "木棉湾片区更新",
    "金稻田三期更新",
    "区第二人民医院迁址",
    "布吉文体中心建设",
    "龙岭新村整治",
    "垃圾分类攻坚",
    "违建攻坚",
    "散乱污整治",
    "水污染治理",
    "消防隐患整治",
    "复工复产服务",
    "第一交通卡点支援",
    "第二交通卡点支援",
    "第一高速卡点支援",
    "第二高速卡点支援",
    "隔离留观保障",
    "防疫物资保障",
    "社区排查支援",
    "交通枢纽联防",
    "学校复学保障",
    "出租屋分级攻坚",
    "停车泊位建设",
)
HEAD = "DZ-JD"


def make_key_matters(world: World) -> Iterator[Row]:
    """Yield the 47 key matters, all of them under control; a matter is no person."""
    rng = random_source("key_matters")
    shares = {"劳资纠纷": 0.3, "征拆补偿": 0.25, "物业纠纷": 0.25, "购房购铺纠纷": 0.1, "其他": 0.1}
    for index in range(KEY_MATTERS):
        kind, listed = pick_weighted(rng, shares), pick_day(rng, "2020-01-06", "2020-06-12")
        place = world.pick_place(rng)
        yield {
            "编码": f"SJ2020{index + 1:03}",
            "名称": f"{place['地点']}{kind}",
            **place,
            "自": listed,
            "事件类别": kind,
            "列入日期": listed,
            "已稳控": yes_or_no(value=True),
        }


def make_party_organisations(world: World) -> Iterator[Row]:
    """Yield the working committee, 17 community committees, the branches of premises and 33 temporary branches."""
    rng = random_source("party_organisations")
    base: Row = {
        "网格": "",
        "处所": "",
        "临时党支部": "否",
        "组建方式": "",
        "上级党组织": "",
        "覆盖小区和城中村数": "",
    }
    yield {
        "编码": HEAD,
        "名称": "布吉街道党工委",
        **base,
        "自": "2020-01-01",
        "层级": "街道党工委",
        "党员人数": 96,
        "成立日期": "2004-10-18",
    }
    for code in world.grids:
        yield {
            "编码": f"DZ-{code[9:]}",
            "名称": f"{world.community_name(code)}社区党委",
            **base,
            "网格": code,
            "自": "2020-01-01",
            "层级": "社区党委",
            "上级党组织": HEAD,
            "党员人数": int(rng.integers(90, 420)),
            "成立日期": pick_day(rng, "2006-03-01", "2017-06-30"),
        }
    later = {pair[1].code for pair in world.joint}
    for premise in world.premises:
        if premise.code not in world.covered or premise.code in later:
            continue
        pair = next((pair for pair in world.joint if premise in pair), [premise])
        joint = len(pair) > 1
        name = "、".join(member.name for member in pair) + ("联合党支部" if joint else "党支部")
        founded = (
            pick_day(rng, "2020-02-03", "2020-06-28")
            if rng.random() < 0.45
            else pick_day(rng, "2012-03-01", "2019-11-30")
        )
        yield {
            "编码": f"DZ-{premise.code[9:]}",
            "名称": name,
            **base,
            "处所": premise.code,
            "自": max(founded, date(2020, 1, 1)),
            "层级": "党支部",
            "组建方式": "联合组建" if joint else "单独组建",
            "上级党组织": f"DZ-{premise.community[9:]}",
            "覆盖小区和城中村数": len(pair),
            "党员人数": int(rng.integers(3, 42)),
            "成立日期": founded,
        }
    for index, task in enumerate(TEMPORARY):
        founded = pick_day(rng, "2020-01-28", "2020-06-19")
        yield {
            "编码": f"DZ-L{index + 1:02}",
            "名称": f"{task}临时党支部",
            **base,
            "自": founded,
            "层级": "党支部",
            "临时党支部": yes_or_no(True),
            "上级党组织": HEAD,
            "党员人数": int(rng.integers(3, 26)),
            "成立日期": founded,
        }


def make_talk_reminders(_world: World) -> Iterator[Row]:
    """Yield rounds of talks; they add up to 128 talks."""
    rng = random_source("talk_reminders")
    days = sorted(pick_day(rng, "2020-01-06", "2020-06-29") for _ in range(TALK_ROUNDS))
    rounds_on: dict[date, int] = {}
    for talk_date, talks in zip(days, split_total(TALKS, TALK_ROUNDS, rng, spread=2.5), strict=True):
        rounds_on[talk_date] = rounds_on.get(talk_date, 0) + 1
        subjects = {"工作纪律": 3, "任前谈话": 2, "项目和资金管理": 2, "节日廉洁提醒": 3}
        yield {
            "编码": f"TH{talk_date:%Y%m%d}-{rounds_on[talk_date]}",
            "名称": f"{talk_date.month}月{talk_date.day}日谈话提醒",
            "自": talk_date,
            "谈话日期": talk_date,
            "岗位层次": pick_weighted(rng, {"科级岗位": 4, "一般工作人员": 4, "社区两委": 3, "聘用人员": 2}),
            "事由": pick_weighted(
                rng, {**subjects, **({"疫情防控履职": 6} if talk_date >= date(2020, 1, 27) else {})}
            ),
            "人次": talks,
        }


def make_inspections_unannounced(_world: World) -> Iterator[Row]:
    """Yield 34 inspections of conduct; eight problems were published."""
    rng = random_source("inspections_unannounced")
    published = {int(index) for index in rng.permutation(INSPECTIONS)[:NOTIFIED]}
    for index in range(INSPECTIONS):
        inspection_date = date(2020, 1, 8) + timedelta(days=index * 5 + int(rng.integers(0, 5)))
        early = {"窗口服务": 3, "值班在岗": 3, "公务用车": 1, "公务接待": 1}
        subject = pick_weighted(
            rng,
            {**early, **({"卡口值守": 6, "防疫物资管理": 2} if inspection_date >= date(2020, 1, 27) else {})},
        )
        problems = int(rng.poisson(1.2)) + (index in published)
        yield {
            "编码": f"MC2020{index + 1:02}",
            "名称": f"{inspection_date.month}月{inspection_date.day}日{subject}检查",
            "自": inspection_date,
            "方式": pick_weighted(rng, {"明察": 2, "暗访": 3}),
            "检查日期": inspection_date,
            "检查内容": subject,
            "受检单位数": int(rng.integers(1, 9)),
            "发现问题数": problems,
            "通报典型问题数": int(index in published),
        }
