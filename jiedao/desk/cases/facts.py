"""The facts of a case, as its page and its work order show them."""

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import get_finish
from jiedao.cases.models import Case, CaseSource, Channel
from jiedao.cases.origins import find_origin
from jiedao.desk.objects import ObjectLink, link_objects
from jiedao.district.orders.payload import SOURCE
from jiedao.files.models import Attachment, Kind
from jiedao.kernel import clock, words
from jiedao.kernel.addresses import make_address
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_label
from jiedao.places.selectors import area_text, is_district


def format_time(at: Any) -> str:
    """Return day and time, with the year unless it is the current year."""
    return words.format_date_and_time(at, clock.now())


def link_origin(actor: Actor, case: Case) -> ObjectLink | None:
    """Return the page of the object that a case comes from, None if there is none or the user may not see it."""
    ref = find_origin(case)
    return link_objects(actor, [ref]).get(ref) if ref is not None else None


def list_facts(case: Case, origin: ObjectLink | None) -> list[dict[str, Any]]:
    """Return the facts of the side column; the origin of the case is a link."""
    category = catalogue.category_info(case.category_id)
    finished_at = get_finish(case.state, case.closed_at, case.ended_at)
    unit = unit_label(case.lead_unit_id, finished_at, with_present=finished_at is not None)
    area = area_text(case.area_path, finished_at, with_present=finished_at is not None)
    major = catalogue.find_major_category(category) if category is not None else None
    category_label = (
        f"{major.label} · {category.label}" if category and major and major.id != category.id else ""
    )
    rows = [
        (_("类别"), category_label or (category.label if category else _("还没有定"))),
        (_("主办单位"), unit or _("还没有派遣")),
        (_("来源"), origin.heading if origin is not None else Channel(case.channel).label),
        (_("地点"), case.place_text),
        (
            _("所属街道") if is_district() else _("所属网格"),
            area if case.area_path else _("不在辖区") if case.outside else "",
        ),
        (_("坐标"), _format_point(case)),
        (_("附议"), _format_votes(case)),
    ]
    facts = [{"label": label, "value": value} for label, value in rows if value]
    if origin is not None:
        next(row for row in facts if row["value"] == origin.heading)["href"] = origin.url
    return facts


def _format_point(case: Case) -> str:
    if case.lon is None:
        return ""
    accuracy = _("，误差约 %(m)d 米") % {"m": case.accuracy_m} if case.accuracy_m else ""
    doubt = _("，请核对") if case.accuracy_m and case.accuracy_m > 50 else ""
    return f"{case.lon:.5f}, {case.lat:.5f}{accuracy}{doubt}"


def build_ways(case: Case) -> dict[str, str]:
    """Return the addresses that lead to the point of the case in a map, {} without a point.

    Nothing is sent anywhere before the user opens one: `geo` opens the map of the device, `amap` that of AutoNavi.
    """
    if case.lon is None or case.lat is None:
        return {}
    name = (case.place_text or case.subject)[:40]
    position = f"{case.lat:.6f},{case.lon:.6f}"
    query = {
        "position": f"{case.lon:.6f},{case.lat:.6f}",
        "name": name,
        "coordinate": "wgs84",
        "callnative": 1,
    }
    return {
        "geo": f"geo:{position}?{urlencode({'q': f'{position}({name})'}, safe=',()')}",
        "amap": f"https://uri.amap.com/marker?{urlencode(query, safe=',')}",
    }


def _format_votes(case: Case) -> str:
    if not case.votes_for and not case.votes_against:
        return ""
    return _("赞成 %(for)d，反对 %(against)d") % {"for": case.votes_for, "against": case.votes_against}


def list_source_facts(case: Case, source: CaseSource | None) -> list[dict[str, Any]]:
    """Return what the office that sent the case states of it, without empty facts."""
    if source is None:
        return []
    wishes = {True: _("要求"), False: _("不要求"), None: ""}
    origin, _colon, number = (case.source_key or "").partition(":")
    rows = [
        (_("区级交办编号") if origin == SOURCE else _("来件编号"), number),
        (_("诉求类型"), source.demand),
        (_("事发时间"), format_time(source.event_at) if source.event_at else ""),
        (_("回复反映人"), wishes[source.wants_reply]),
        (_("回访反映人"), wishes[source.wants_visit]),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def group_photo_files(files: list[Attachment]) -> list[tuple[str, list[Attachment]]]:
    """Return the photos in groups: before the handling, after it, and of the check; empty groups are left out."""
    groups = [
        (_("处置前"), Kind.PHOTO_BEFORE),
        (_("处置后"), Kind.PHOTO_AFTER),
        (_("核查"), Kind.PHOTO_CHECK),
    ]
    grouped = [(label, [row for row in files if row.kind == kind]) for label, kind in groups]
    return [(label, photos) for label, photos in grouped if photos]


def group_photos(files: list[Attachment]) -> list[dict[str, Any]]:
    """Return the groups of photos that are shown side by side."""
    return [
        {
            "label": label,
            "photos": [
                {"url": make_address("desk:attachment", row.pk), "label": format_time(row.at), "note": ""}
                for row in photos
            ],
        }
        for label, photos in group_photo_files(files)
    ]
