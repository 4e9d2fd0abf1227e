"""Read degrees and points on the map as people, devices and other systems write them."""

import re
from typing import Literal, NoReturn

from django.utils.translation import gettext as _

from jiedao.kernel.coordinates import Point, is_in_china
from jiedao.kernel.folding import drop_invisible, fold_width
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.tables.rows import Cell, format_cell

Axis = Literal["lon", "lat"]
LIMITS = {"lon": 180, "lat": 90}
# The signs of degrees, minutes and seconds, before width is folded: NFKC makes letters and pairs of some of them.
_SIGNS = str.maketrans(
    {"º": "°", "˚": "°", "度": "°", "′": "'", "’": "'", "分": "'", "″": '"', "”": '"', "秒": '"'}
)
_SIDES = {"东经": "E", "西经": "W", "北纬": "N", "南纬": "S", "经度": "", "纬度": ""}
_DEGREES = re.compile(
    r"(?P<before>[EWNS]?)\s*(?P<sign>[+-]?)(?P<degrees>\d{1,3}(?:\.\d+)?)\s*"
    r"(?:°\s*(?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*'\s*(?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:\"|'')\s*)?)?)?"
    r"(?P<after>[EWNS]?)",
    re.IGNORECASE,
)


def read_degrees(cell: Cell, axis: Axis) -> float:
    """Return the degrees of a cell such as 114.1372, "114.1372°", "E114.1372", "东经114°8′13.9″" or "１１４．１".

    Raises ValueFault for anything else, for a value out of range, and for the letter of the other axis.
    """
    raw = format_cell(cell)
    text = fold_width(drop_invisible(raw).translate(_SIGNS)).replace("\u2212", "-").strip().lstrip(":")
    for word, letter in _SIDES.items():
        text = text.replace(word, letter)
    match = _DEGREES.fullmatch(text.lstrip(": "))
    side = (match["before"] + match["after"]).upper() if match else ""
    if match is None or len(side) > 1 or (side and match["sign"]):
        _refuse(raw)
    if side and side not in ("EW" if axis == "lon" else "NS"):
        raise ValueFault(_("“%(text)s”：经度和纬度好像填反了；请对调。") % {"text": raw[:40]})
    minutes, seconds = float(match["minutes"] or 0), float(match["seconds"] or 0)
    if minutes >= 60 or seconds >= 60:
        _refuse(raw)
    value = float(match["degrees"]) + minutes / 60 + seconds / 3600
    if value > LIMITS[axis]:
        if axis == "lat" and value <= LIMITS["lon"]:
            raise ValueFault(_("“%(text)s”不是纬度，经度和纬度好像填反了；请对调。") % {"text": raw[:40]})
        _refuse(raw)
    return -value if match["sign"] == "-" or side in {"W", "S"} else value


def _refuse(raw: str) -> NoReturn:
    raise ValueFault(_("“%(text)s”不是经纬度；请写成十进制的度，如 114.1286。") % {"text": raw[:40]})


def read_point(lon_cell: Cell, lat_cell: Cell) -> Point | None:
    """Return the point of two cells, None if both are empty; raise ValueFault for what is no point in China.

    0, 0 is what a receiver without a fix sends. The reasons quote no value: rows with the same fault are counted
    together.
    """
    cells = (lon_cell, lat_cell)
    if not any(map(format_cell, cells)):
        return None
    if not all(map(format_cell, cells)):
        raise ValueFault(_("经度和纬度只填了一个"))
    try:
        lon, lat = read_degrees(lon_cell, "lon"), read_degrees(lat_cell, "lat")
    except ValueFault as fault:
        if _is_swapped(lon_cell, lat_cell):
            raise ValueFault(_("经度和纬度填反了")) from fault
        raise ValueFault(_("经纬度读不出，应是十进制的度，如 114.1286")) from fault
    if lon == 0.0 == lat:
        raise ValueFault(_("经度和纬度都是 0，是没有定位的记号"))
    if not is_in_china(lon, lat):
        raise ValueFault(_("经度和纬度填反了") if is_in_china(lat, lon) else _("经纬度不在中国境内"))
    return lon, lat


def _is_swapped(lon_cell: Cell, lat_cell: Cell) -> bool:
    try:
        return is_in_china(read_degrees(lat_cell, "lon"), read_degrees(lon_cell, "lat"))
    except ValueFault:
        return False
