"""Debian's nginx sends each host name to the server of its office, and any other name to none."""

import http.client
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jiedao.offices.file import read_offices
from jiedao.offices.proxy import write_routes
from jiedao.testing.ports import find_free_ports
from tests.deploy.test_nginx import (
    FOLDER,
    NGINX,
    Site,
    make_certificate,
    needs_nginx,
    replace,
    wait_for,
    write_configuration,
)
from tests.serving.test_slow_clients import RunningServer

pytestmark = needs_nginx
OFFICES = ("buji", "bantian")


def start_server(name: str) -> ThreadingHTTPServer:
    """Start a server that answers with its name and the host and address that it was sent."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            text = f"{name} {self.headers['Host']} {self.headers['X-Forwarded-For']} {self.path}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two servers behind nginx, with the routes that `jiedao offices nginx` prints."""
    folder = tmp_path_factory.mktemp("site")
    make_certificate(folder)
    servers = [start_server(name) for name in OFFICES]
    lines = ['database_url = "postgresql://localhost/jiedao"', 'data = "data"']
    for name, server in zip(OFFICES, servers, strict=True):
        lines += [f"[offices.{name}]", f'hosts = ["{name}.example"]', f"port = {server.server_port}"]
    (folder / "offices.toml").write_text("\n".join(lines), encoding="utf-8")
    routes = write_routes(read_offices(folder / "offices.toml"))
    snippet = (FOLDER / "jiedao-proxy.conf").read_text(encoding="utf-8")
    assert snippet.count("http://jiedao;") == 2
    (folder / "proxy.conf").write_text(snippet.replace("http://jiedao;", "http://$jiedao_office;"))
    ports = find_free_ports(2)
    configuration = replace(
        (FOLDER / "jiedao-offices.conf").read_text(encoding="utf-8"),
        ("    listen 80 default_server;", f"    listen 127.0.0.1:{ports[0]} default_server;"),
        ("    listen [::]:80 default_server;\n", ""),
        (
            "    listen 443 ssl http2 default_server;",
            f"    listen 127.0.0.1:{ports[1]} ssl http2 default_server;",
        ),
        ("    listen [::]:443 ssl http2 default_server;\n", ""),
        ("/etc/ssl/jiedao.pem", str(folder / "jiedao.pem")),
        ("/etc/ssl/jiedao.key", str(folder / "jiedao.key")),
        ("/var/log/nginx/jiedao.access.log", str(folder / "site.access.log")),
        ("/var/log/nginx/jiedao.error.log", str(folder / "site.error.log")),
        ("/etc/nginx/snippets/jiedao-offices-proxy.conf", str(folder / "proxy.conf")),
    )
    path = write_configuration(folder, f"{routes}\n{configuration}")
    assert NGINX is not None
    with subprocess.Popen([NGINX, "-p", folder, "-c", path]) as nginx:
        wait_for(ports[1], nginx)
        yield Site(*ports, RunningServer(0, nginx), folder)
        nginx.terminate()
    for server in servers:
        server.shutdown()


@pytest.mark.parametrize("name", OFFICES)
@pytest.mark.parametrize("path", ["/desk/?a=b%20c", "/static/a.css"])
def test_a_host_name_leads_to_its_office(site: Site, name: str, path: str) -> None:
    answer, text = site.call(path, Host=f"{name}.example")
    assert (answer.status, text.decode()) == (200, f"{name} {name}.example 127.0.0.1 {path}")


@pytest.mark.parametrize("host", ["other.example", "buji.example.other", "127.0.0.1", "unknown", ""])
def test_another_host_name_leads_to_no_office(site: Site, host: str) -> None:
    answer, text = site.call("/desk/", Host=host)
    assert answer.status == (421 if host else 400)
    assert not any(name in text.decode() for name in OFFICES)


def test_the_answer_states_that_no_office_has_the_address(site: Site) -> None:
    answer, text = site.call("/desk/", Host="other.example")
    assert "这个网址不属于任何街道" in text.decode()
    assert answer.getheader("Content-Type") == "text/plain; charset=utf-8"


def test_http_is_sent_to_https_at_the_same_office(site: Site) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", site.http, timeout=30)) as connection:
        connection.request("GET", "/desk/", headers={"Host": "buji.example"})
        assert connection.getresponse().getheader("Location") == "https://buji.example/desk/"


def test_figures_are_hidden(site: Site) -> None:
    assert site.call("/metrics", Host="buji.example")[0].status == 403
