"""Invented messages of 60 to 100 Chinese characters with a point in a grid of the reference town."""

import itertools
import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shapely.geometry import shape

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "packs" / "buji"
SEED = 20200630

PLACES = [
    "大芬油画村东门",
    "布吉街地铁口",
    "木棉湾小学门前",
    "罗岗路与吉华路口",
    "可园三期南侧",
    "德兴花园旁",
    "长龙市场后巷",
]
MATTERS = [
    "暴露垃圾堆放多日无人清理,气味很大",
    "路面井盖破损下陷,夜里看不清",
    "店外经营占用人行道,行人只能走车道",
    "路灯连续几晚不亮,老人出门不便",
    "工地夜间施工噪声大,孩子无法休息",
    "共享单车乱停放,堵住消防通道",
    "绿化带树枝折断,随时可能掉落",
    "楼道堆放杂物,电动车飞线充电",
    "污水井满溢,流到小区门口",
]
DETAILS = [
    "昨天傍晚经过时仍然如此",
    "已向物业反映过两次没有结果",
    "附近有学校,来往学生很多",
    "下雨之后情况更加严重",
    "影响周边几十户居民的正常生活",
    "希望安排人员现场查看",
    "旁边的商户也多次提过意见",
    "上个月处理过又反复出现",
]
WISHES = ["请尽快派人处理并给予答复,谢谢。", "希望有关部门核实后及时整改。", "请街道协调解决,方便居民出行。"]


def grid_points() -> list[tuple[float, float]]:
    """Return a WGS 84 point inside each grid of the reference pack."""
    features = json.loads((PACK / "grids.geojson").read_text(encoding="utf-8"))["features"]
    points = [shape(row["geometry"]).representative_point() for row in features]
    return [(round(point.x, 6), round(point.y, 6)) for point in points]


def generate_messages(seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Yield bodies for POST /api/v1/cases without end, each with its own client UUID and a reporter."""
    rng = random.Random(seed)
    points = grid_points()
    for serial in itertools.count(1):
        place, matter = rng.choice(PLACES), rng.choice(MATTERS)
        lon, lat = rng.choice(points)
        middle = ",".join(rng.sample(DETAILS, 3))
        yield {
            "channel": "HOTLINE",
            "subject": f"{place}{matter.split(',')[0]}",
            "detail": f"{place}附近{rng.randint(1, 99)}号门前,{matter}。{middle}。{rng.choice(WISHES)}",
            "place": f"{place}{rng.randint(1, 99)}号",
            "point": {"lon": lon, "lat": lat, "system": "WGS84", "accuracy_m": 12.0},
            "client_uuid": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "reporter": {"name": "张三", "phone": f"1380000{serial % 10_000:04d}"},
        }


def encode_bodies(count: int, seed: int = SEED) -> list[bytes]:
    """Return so many encoded bodies, created before a measurement starts."""
    bodies = itertools.islice(generate_messages(seed), count)
    return [json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() for body in bodies]
