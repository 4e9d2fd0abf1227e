"""Debian's nginx runs the configuration of deploy/nginx before a server: what it hides, limits, marks and passes on."""

import datetime
import gzip
import http.client
import os
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jiedao.testing.ports import find_free_ports
from tests.serving.test_outages import prepare, serve
from tests.serving.test_slow_clients import RunningServer

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
HOST = "jiedao.example.gov.cn"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
STYLE = "/static/css/base.css"
SIGN_IN = "/accounts/sign-in/"
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt-get install nginx)")


@dataclass(frozen=True)
class Site:
    """A running nginx, the server behind it, and the data of both."""

    http: int
    https: int
    server: RunningServer
    folder: Path

    @property
    def context(self) -> ssl.SSLContext:
        """Return the trust in the certificate of the site."""
        context = ssl.create_default_context(cafile=self.folder / "jiedao.pem")
        context.check_hostname = False  # the name is that of the site, the address that of this machine
        return context

    def call(
        self, path: str, method: str = "GET", body: str = "", **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Return an answer by https and its body."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.https, context=self.context, timeout=30)
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        with closing(connection):
            connection.request(method, path, body or None, {"Host": HOST, **sent})
            answer = connection.getresponse()
            return answer, answer.read()

    def connect(self) -> ssl.SSLSocket:
        """Open a connection by TLS."""
        return self.context.wrap_socket(socket.create_connection(("127.0.0.1", self.https), timeout=30))

    def count_backend_connections(self) -> int:
        """Return how many connections the server behind nginx has."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        address = f"0100007F:{self.server.port:04X}"
        return sum(row[1] == address and row[3] == "01" for row in rows)


def make_certificate(folder: Path) -> None:
    """Write the certificate of the site and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "jiedao.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "jiedao.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def replace(text: str, *pairs: tuple[str, str]) -> str:
    """Return the text with each first part replaced; it must be there exactly once."""
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def write_configuration(folder: Path, site: str) -> Path:
    """Write a complete configuration around a site, with all files of nginx in the folder; return its path."""
    user = "user root;\n" if os.geteuid() == 0 else ""
    paths = "".join(
        f"{name}_temp_path {folder / name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{ worker_connections 512; }}\nhttp {{\n{paths}access_log off;\n{site}\n}}\n",
        encoding="utf-8",
    )
    return path


def adapt_site(folder: Path, ports: list[int], backend: int) -> str:
    """Return the site of Debian with the ports, paths and backend of this test; nothing else is changed."""
    return replace(
        (FOLDER / "jiedao.conf").read_text(encoding="utf-8"),
        ("    listen 80;", f"    listen 127.0.0.1:{ports[0]};"),
        ("    listen [::]:80;\n", ""),  # not every machine has IPv6
        ("    listen 443 ssl http2;", f"    listen 127.0.0.1:{ports[1]} ssl http2;"),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("    server 127.0.0.1:8000;", f"    server 127.0.0.1:{backend};"),
        ("/etc/ssl/jiedao.pem", str(folder / "jiedao.pem")),
        ("/etc/ssl/jiedao.key", str(folder / "jiedao.key")),
        ("/var/log/nginx/jiedao.access.log", str(folder / "site.access.log")),
        ("/var/log/nginx/jiedao.error.log", str(folder / "site.error.log")),
        ("/etc/nginx/snippets/jiedao-proxy.conf", str(FOLDER / "jiedao-proxy.conf")),
    )


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Return once a server listens at the port."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, process.args
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a prepared database behind nginx."""
    folder = tmp_path_factory.mktemp("site")
    make_certificate(folder)
    prepare(folder)
    variables = {
        "JIEDAO_ALLOWED_HOSTS": HOST,
        "JIEDAO_TRUSTED_ORIGINS": f"https://{HOST}",
        "JIEDAO_HTTPS": "true",
        "JIEDAO_PROXIES": "1",
    }
    assert NGINX is not None
    with serve(folder, **variables) as server:
        ports = find_free_ports(2)
        path = write_configuration(folder, adapt_site(folder, ports, server.port))
        with subprocess.Popen([NGINX, "-p", folder, "-c", path]) as nginx:
            wait_for(ports[1], nginx)
            yield Site(*ports, server, folder)
            nginx.terminate()


@needs_nginx
def test_http_is_sent_to_https(site: Site) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", site.http, timeout=30)) as connection:
        connection.request("GET", f"{SIGN_IN}?next=/desk/", headers={"Host": HOST})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}{SIGN_IN}?next=/desk/")


@needs_nginx
def test_a_page_arrives_by_tls_with_secure_cookies_and_uncompressed(site: Site) -> None:
    answer, page = site.call(SIGN_IN, Accept_Encoding="gzip")
    assert answer.status == 200
    assert "登录" in page.decode()
    assert "Secure" in (answer.getheader("Set-Cookie") or "")
    assert answer.getheader("Strict-Transport-Security") == "max-age=31536000"
    assert answer.getheader("Content-Encoding") is None
    assert answer.getheader("Server") == "nginx"


@needs_nginx
def test_static_files_are_compressed_and_keep_their_headers(site: Site) -> None:
    answer, content = site.call(STYLE, Accept_Encoding="gzip")
    assert (answer.status, answer.getheader("Content-Encoding")) == (200, "gzip")
    assert gzip.decompress(content) == site.call(STYLE)[1]
    assert answer.getheader("Content-Type") == 'text/css; charset="utf-8"'
    assert answer.getheader("Last-Modified")


@needs_nginx
def test_the_log_has_no_query_and_no_referrer(site: Site) -> None:
    site.call(
        "/follow/open/?n=2026-00000001&c=SECRET-CODE", Referer=f"https://{HOST}/report/slip/?s=SECRET-SLIP"
    )
    deadline = time.monotonic() + 10
    while "/follow/open/" not in (log := (site.folder / "site.access.log").read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert '"GET /follow/open/ HTTP/1.1"' in log
    assert "SECRET" not in log


@needs_nginx
def test_a_client_cannot_invent_its_address(site: Site) -> None:
    page, content = site.call(SIGN_IN)
    token = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', content)[0].decode()
    answer, _content = site.call(
        SIGN_IN,
        "POST",
        f"csrfmiddlewaretoken={token}&username=registrar&password=wrong",
        Content_Type="application/x-www-form-urlencoded",
        Cookie=(page.getheader("Set-Cookie") or "").partition(";")[0],
        Origin=f"https://{HOST}",
        X_Forwarded_For="198.51.100.7",
        X_Forwarded_Proto="http",
    )
    assert answer.status == 200  # the form again, with the reason; not a redirect to https
    with closing(sqlite3.connect(site.folder / "jiedao.sqlite3")) as connection:
        rows = connection.execute("SELECT address FROM audit_entry WHERE action LIKE '%fail%'").fetchall()
    assert rows == [("127.0.0.1",)]


@needs_nginx
@pytest.mark.parametrize(("length", "words"), [(65 << 20, "合计超过 64 MB"), (2 << 20, ""), (50 << 20, "")])
def test_a_body_that_is_too_long_is_refused_in_words(site: Site, length: int, words: str) -> None:
    """The first by nginx, before it is sent; the others, of a client without a session, by jiedao."""
    with site.connect() as client:
        client.sendall(
            f"POST {SIGN_IN} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        if not words:
            client.sendall(bytes(length))
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == 413
        assert words in answer.read().decode()


@needs_nginx
def test_the_figures_are_hidden_and_the_probes_are_not(site: Site) -> None:
    assert [site.call(path)[0].status for path in ("/metrics", "/livez", "/readyz")] == [403, 200, 200]


@needs_nginx
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the connections are read from /proc")
def test_slow_clients_hold_no_connection_of_the_server(site: Site) -> None:
    head = f"POST {SIGN_IN} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 900\r\n\r\nusername=".encode()
    clients = [site.connect() for _number in range(60)]
    try:
        for client in clients:
            client.sendall(head)
        time.sleep(0.3)  # their requests have arrived
        assert site.count_backend_connections() < 10
        assert site.call(SIGN_IN)[0].status == 200
    finally:
        for client in clients:
            client.close()


@needs_nginx
def test_while_the_server_is_away_the_answer_states_it(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    *ports, nobody = find_free_ports(3)
    path = write_configuration(tmp_path, adapt_site(tmp_path, ports, nobody))
    assert NGINX is not None
    with subprocess.Popen([NGINX, "-p", tmp_path, "-c", path]) as nginx:
        wait_for(ports[1], nginx)
        answer, text = Site(*ports, RunningServer(nobody, nginx), tmp_path).call(SIGN_IN)
        nginx.terminate()
    assert (answer.status, answer.getheader("Retry-After")) == (503, "5")
    assert "请稍后再试" in text.decode()


@needs_nginx
def test_the_site_of_the_containers_is_accepted(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    site = replace(
        (FOLDER / "compose.conf.template").read_text(encoding="utf-8"),
        ("    http2 on;\n", ""),  # since nginx 1.25.1
        ("server serve:8000;", "server 127.0.0.1:8000;"),  # a name of the network of the containers
        ("/etc/nginx/tls/jiedao.pem", str(tmp_path / "jiedao.pem")),
        ("/etc/nginx/tls/jiedao.key", str(tmp_path / "jiedao.key")),
        ("/etc/nginx/snippets/jiedao-proxy.conf", str(FOLDER / "jiedao-proxy.conf")),
    ).replace("${JIEDAO_HOST}", HOST)
    assert NGINX is not None
    path = write_configuration(tmp_path, site)
    done = subprocess.run(
        [NGINX, "-t", "-p", tmp_path, "-c", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr
