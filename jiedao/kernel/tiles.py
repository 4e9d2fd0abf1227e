"""An optional source of map tiles that draws streets below our own maps; without one no page loads a foreign picture.

The town names it in its pack: an address with {z}, {x} and {y}, which serves XYZ and WMTS alike, in Web Mercator and
WGS 84 or CGCS2000 (such as 天地图), and the attribution that its licence asks for. Only pages with a live map may load
from its host: their Content-Security-Policy is extended by exactly this origin.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.packs.faults import Report
from jiedao.kernel.policies import PolicySpec, get_policy

if TYPE_CHECKING:
    from jiedao.kernel.packs.pack import Pack

POLICIES = (PolicySpec("map_tiles", ""), PolicySpec("map_tiles_credit", ""))
PLACEHOLDERS = ("{z}", "{x}", "{y}")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
HINT = gettext_lazy("写成 https://域名/路径，含 {z}、{x} 和 {y}，如 https://tiles.example.cn/{z}/{x}/{y}.png")


@dataclass(frozen=True)
class TileSource:
    """The address of tiles, and the attribution that the map shows."""

    url: str
    credit: str

    @property
    def origin(self) -> str:
        """The scheme and host of the address, as a Content-Security-Policy names it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def find_address_fault(text: str) -> str:
    """Return what is wrong with an address of tiles, "" for a good one."""
    if any(text.count(name) != 1 for name in PLACEHOLDERS):
        return _("底图地址要有 {z}、{x} 和 {y}，各写一次")
    if re.search(r"[\s;,'\"<>\\]", text) or re.search(r"[{}]", re.sub(r"\{[zxy]\}", "", text)):
        return _("底图地址里不能有空格、引号、逗号、分号和其他花括号")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return _("底图地址不是网址")
    if parts.scheme != "https" or not HOST.fullmatch(parts.hostname or "") or "@" in parts.netloc:
        return _("底图地址以 https:// 和一个域名开头，不能有 {s}、星号和用户名")
    if parts.netloc != (parts.hostname or "") + (f":{port}" if port else ""):
        return _("底图地址的域名要用小写字母")
    return ""


def check_tiles(pack: "Pack", report: Report) -> None:
    """Check the address of the tiles, and that their attribution is stated."""
    for row in pack.rows("pack.toml", "policy"):
        address = str(row.get("map_tiles", "") or "")
        if not address:
            continue
        if fault := find_address_fault(address):
            report.error_at(row, "map_tiles", "bad-value", fault, HINT)
        elif not str(row.get("map_tiles_credit", "") or "").strip():
            message = _("用底图时要写 map_tiles_credit")
            hint = _('按许可的要求注明来源：map_tiles_credit = "© 天地图 GS(2024)0568号"')
            report.error_at(row, "map_tiles", "missing", message, hint)


def read_tile_source() -> TileSource | None:
    """Return the town's source of tiles; None where it has none."""
    address = str(get_policy("map_tiles"))
    if not address or find_address_fault(address):
        return None
    return TileSource(address, str(get_policy("map_tiles_credit")))


def mark_live_map(request: HttpRequest | None) -> TileSource | None:
    """Return the source of tiles for a page with a live map, and let the page load from it."""
    source = read_tile_source()
    if source is not None and request is not None:
        request.tile_origin = source.origin  # type: ignore[attr-defined]
    return source


class TileSourceAccess:
    """Extend the Content-Security-Policy of a page with a live map by the origin of the tiles."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        origin = getattr(request, "tile_origin", "")
        if origin:
            response._csp_update = {"img-src": [origin], "connect-src": [origin]}  # type: ignore[attr-defined]
        return response
