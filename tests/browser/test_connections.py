"""An upper platform is connected on a phone, and its orders are reconciled."""

from ipaddress import ip_network
from typing import Any

from playwright.sync_api import expect

from jiedao.exchange.endpoints.active import forget_endpoints
from jiedao.exchange.endpoints.sending import send_due
from jiedao.exchange.models import Endpoint
from jiedao.exchange.tests.peers import run_city_desk
from jiedao.testing.cast import Town, walk
from tests.browser.pages import Site


def test_an_upper_platform_is_connected_and_reconciled(phone: Site, town: Town, settings: Any) -> None:
    page = phone.page
    with run_city_desk() as desk:
        address = f"127.0.0.1:{desk.port}"
        settings.JIEDAO_WEBHOOK = {"hosts": [address], "networks": [ip_network("127.0.0.0/8")]}
        desk.orders = {"A2": {"state": "办理中", "wanted_by": None, "replies": [], "steps": []}}
        phone.be("admin")
        phone.open("/desk/admin/endpoints/")
        phone.follow("添加上级平台")
        values = {"code": "CITY", "name": "市热线", "source": "12345", "target": f"http://{address}/events"}
        for name, value in {**values, "list_url": f"http://{address}/orders"}.items():
            page.fill(f"[name={name}]", value)
        phone.press("添加")
        desk.secret = page.locator("#secret").inner_text()
        phone.follow("继续")

        case = walk(town, to="REPORTED", source_key="12345:A1")
        assert send_due(Endpoint.objects.get()) == 1
        assert desk.forged == 0
        page.reload()
        phone.see(case.number)
        expect(page.locator("main .j-list").get_by_text("对方已收到").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

        phone.press("现在对账")
        phone.see("对方有，这里没有", "这里有，对方没有")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    forget_endpoints()
