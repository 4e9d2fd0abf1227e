"""Each channel sends to a real server of its kind, and distinguishes faults that pass from faults that stay."""

import email
import email.policy
import json
import socket
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from jiedao.delivery.channels import mail, posting, webhook
from jiedao.delivery.channels.base import Message, PermanentFault, TemporaryFault, UncertainFault
from jiedao.delivery.channels.choosing import get_channel
from jiedao.delivery.channels.files import FileChannel, get_outbox
from jiedao.delivery.channels.mail import MailChannel
from jiedao.delivery.channels.sms import SmsChannel
from jiedao.delivery.channels.webhook import WebhookChannel, sign
from jiedao.delivery.tests.servers import (
    MailServer,
    WebServer,
    run_dripping_server,
    run_mail_server,
    run_web_server,
)


def make_message(target: str, **fields: Any) -> Message:
    texts = {"subject": "待派遣：20200001 占道", "text": "待派遣\n第二行\n", "short": "待派遣 https://site/1"}
    return Message(key="jiedao-1-x", target=target, **{**texts, **fields})


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    with run_mail_server() as server:
        settings.JIEDAO_MAIL = {
            "host": "127.0.0.1",
            "port": server.port,
            "user": "",
            "password": "",
            "tls": "none",
            "sender": "街道办 <office@example.gov.cn>",
        }
        yield server


@pytest.fixture
def web_server(settings: Any) -> Iterator[WebServer]:
    with run_web_server() as server:
        settings.JIEDAO_WEBHOOK = {
            "hosts": [f"localhost:{server.port}"],
            "networks": [ip_network("127.0.0.0/8"), ip_network("::1")],
        }
        yield server


def read_mail(content: bytes) -> Any:
    return email.message_from_bytes(content, policy=email.policy.default)


# -- mail ------------------------------------------------------------------------------------------------------------


def test_a_mail_arrives_in_chinese_and_asks_for_no_automatic_answer(mail_server: MailServer) -> None:
    MailChannel().send(make_message("wang@example.gov.cn"))
    mail = read_mail(mail_server.mails[0])
    assert (mail["Subject"], mail["To"]) == ("待派遣：20200001 占道", "wang@example.gov.cn")
    assert mail["From"] == "街道办 <office@example.gov.cn>"
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<jiedao-1-x@example.gov.cn>", "auto-generated")
    assert mail.get_content().replace("\r\n", "\n") == "待派遣\n第二行\n"


def test_a_subject_cannot_add_headers(mail_server: MailServer) -> None:
    MailChannel().send(make_message("wang@example.gov.cn", subject="一\r\nBcc: all@example.com"))
    assert read_mail(mail_server.mails[0])["Bcc"] is None


@pytest.mark.parametrize(
    ("field", "answer", "fault"),
    [
        ("answer_receiver", "550 no such user", PermanentFault),
        ("answer_receiver", "450 greylisted", TemporaryFault),
        ("answer_mail", "554 refused", PermanentFault),
        ("answer_mail", "451 later", TemporaryFault),
    ],
)
def test_a_refusal_by_the_mail_server_is_permanent_or_passes(
    mail_server: MailServer, field: str, answer: str, fault: type[Exception]
) -> None:
    setattr(mail_server, field, answer)
    with pytest.raises(fault) as caught:
        MailChannel().send(make_message("wang@example.gov.cn"))
    assert type(caught.value) is fault
    assert caught.value.detail == answer[:3]  # type: ignore[attr-defined]


def test_a_wrong_password_and_a_missing_server_pass(mail_server: MailServer, settings: Any) -> None:
    settings.JIEDAO_MAIL |= {"user": "office", "password": "wrong"}
    mail_server.answer_password = "535 no"
    with pytest.raises(TemporaryFault):
        MailChannel().send(make_message("wang@example.gov.cn"))
    assert mail_server.passwords
    assert mail_server.mails == []
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.JIEDAO_MAIL |= {"port": unused.getsockname()[1]}
        with pytest.raises(TemporaryFault):
            MailChannel().send(make_message("wang@example.gov.cn"))


def test_encryption_that_the_server_lacks_sends_nothing(mail_server: MailServer, settings: Any) -> None:
    settings.JIEDAO_MAIL |= {"tls": "starttls"}
    with pytest.raises(TemporaryFault):
        MailChannel().send(make_message("wang@example.gov.cn"))
    assert mail_server.mails == []


@pytest.mark.parametrize(
    ("verb", "fault", "reason"),
    [
        ("EHLO", TemporaryFault, "连不上邮件服务器"),
        ("RCPT", TemporaryFault, "连不上邮件服务器"),
        ("TEXT", UncertainFault, "等不到邮件服务器的回答"),  # the mail may have been taken
    ],
)
def test_a_mail_server_that_answers_a_letter_at_a_time_is_left_after_the_limit(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, verb: str, fault: type[Exception], reason: str
) -> None:
    monkeypatch.setattr(mail, "SECONDS_OF_A_MAIL", 0.5)
    mail_server.drips = verb
    with pytest.raises(fault, match=reason):
        MailChannel().send(make_message("wang@example.gov.cn"))
    assert len(mail_server.mails) == (verb == "TEXT")


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
def test_a_server_that_never_ends_its_encryption_is_left_after_the_limit(
    settings: Any, monkeypatch: pytest.MonkeyPatch, encryption: str
) -> None:
    monkeypatch.setattr(mail, "SECONDS_OF_A_MAIL", 0.5)
    with run_dripping_server(greets=encryption == "starttls") as port:
        settings.JIEDAO_MAIL = {
            "host": "127.0.0.1",
            "port": port,
            "user": "",
            "password": "",
            "tls": encryption,
            "sender": "office@example.gov.cn",
        }
        with pytest.raises(TemporaryFault):
            MailChannel().send(make_message("wang@example.gov.cn"))


def test_a_webhook_that_never_ends_its_encryption_is_left_after_the_limit(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.25)
    with run_dripping_server() as port:
        settings.JIEDAO_WEBHOOK = {
            "hosts": [f"localhost:{port}"],
            "networks": [ip_network("127.0.0.0/8"), ip_network("::1")],
        }
        with pytest.raises(TemporaryFault):
            WebhookChannel().send(make_message(f"https://localhost:{port}/x"))


# -- text messages ---------------------------------------------------------------------------------------------------


def set_gateway(settings: Any, server: WebServer, **values: Any) -> None:
    settings.JIEDAO_SMS = {
        "url": f"http://127.0.0.1:{server.port}/send?sign={{secret}}",
        "method": "POST",
        "headers": {"Content-Type": "application/json", "Authorization": "Bearer {secret}"},
        "body": '{"to": "{phone}", "text": "{text}", "id": "{key}"}',
        "success": r'"code":\s*0\b',
        "secret": "s/1",
        **values,
    }


def test_a_text_message_fills_the_template_of_the_gateway(web_server: WebServer, settings: Any) -> None:
    set_gateway(settings, web_server)
    web_server.body = b'{"code": 0}'
    SmsChannel().send(make_message("13800138000", short='说"你好"\n'))
    path, headers, body = web_server.requests[0]
    assert path == "/send?sign=s%2F1"
    assert headers["Authorization"] == "Bearer s/1"
    assert json.loads(body) == {"to": "13800138000", "text": '说"你好"\n', "id": "jiedao-1-x"}


def test_a_form_and_an_address_escape_their_values(web_server: WebServer, settings: Any) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    set_gateway(settings, web_server, headers=form, body="m={phone}&t={text}", success="")
    SmsChannel().send(make_message("13800138000", short="甲&m=1"))
    assert web_server.requests[0][2] == b"m=13800138000&t=%E7%94%B2%26m%3D1"
    url = f"http://127.0.0.1:{web_server.port}/?m={{phone}}&t={{text}}"
    set_gateway(settings, web_server, url=url, method="GET", headers={}, body="", success="")
    SmsChannel().send(make_message("13800138000", short="甲&m=1"))
    assert web_server.requests[1][0] == "/?m=13800138000&t=%E7%94%B2%26m%3D1"


@pytest.mark.parametrize(
    ("status", "fault"),
    [(200, TemporaryFault), (503, TemporaryFault), (429, TemporaryFault), (403, PermanentFault)],
)
def test_a_gateway_that_does_not_report_success_did_not_send(
    web_server: WebServer, settings: Any, status: int, fault: type[Exception]
) -> None:
    set_gateway(settings, web_server)
    web_server.status, web_server.body = status, b'{"code": 17}'
    with pytest.raises(fault) as caught:
        SmsChannel().send(make_message("13800138000"))
    assert type(caught.value) is fault


def test_a_gateway_that_never_answers_may_have_sent(web_server: WebServer, settings: Any) -> None:
    set_gateway(settings, web_server)
    web_server.closes = True
    with pytest.raises(UncertainFault):
        SmsChannel().send(make_message("13800138000"))


# -- webhooks --------------------------------------------------------------------------------------------------------


def test_a_webhook_gets_signed_json_in_the_form_of_chat_robots(web_server: WebServer) -> None:
    url = f"http://localhost:{web_server.port}/hook?key=1"
    WebhookChannel().send(make_message(url, secret="secret", link="https://site/1", data={"kind": "a:b"}))
    path, headers, body = web_server.requests[0]
    assert path == "/hook?key=1"
    expected = sign("secret", headers["X-Jiedao-Timestamp"], body)
    assert headers["X-Jiedao-Signature"] == f"sha256={expected}"
    assert headers["X-Jiedao-Delivery"] == "jiedao-1-x"
    document = json.loads(body)
    assert document["text"]["content"] == document["content"]["text"] == "待派遣 https://site/1"
    assert document["jiedao"] == {"id": "jiedao-1-x", "link": "https://site/1", "kind": "a:b"}


def test_a_redirect_is_not_followed(web_server: WebServer) -> None:
    web_server.status, web_server.headers = 302, {"Location": f"http://localhost:{web_server.port}/secret"}
    with pytest.raises(PermanentFault):
        WebhookChannel().send(make_message(f"http://localhost:{web_server.port}/hook"))
    assert [path for path, _headers, _body in web_server.requests] == ["/hook"]


def test_a_robot_that_answers_with_an_error_number_did_not_take_it(web_server: WebServer) -> None:
    web_server.body = b'{"errcode": 45009, "errmsg": "too many"}'
    with pytest.raises(TemporaryFault) as caught:
        WebhookChannel().send(make_message(f"http://localhost:{web_server.port}/hook"))
    assert caught.value.detail == "45009"


@pytest.mark.parametrize(
    "url",
    [
        "https://other.test/hook",
        "https://robots.test:8443/hook",
        "https://robots.test.evil.test/hook",
        "https://user:pass@robots.test/hook",
        "https://robots.test@evil.test/hook",
        "ftp://robots.test/hook",
        "file:///etc/passwd",
        "https://robots.test/hook\r\nX: 1",
        "https://[::1/hook",
        "not an address",
    ],
)
def test_only_allowed_hosts_are_reached(settings: Any, url: str) -> None:
    settings.JIEDAO_WEBHOOK = {"hosts": ["robots.test"], "networks": []}
    with pytest.raises(PermanentFault):
        webhook.check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "::10.0.0.1",
        "64:ff9b:1::a00:1",
        "192.0.0.192",
        "3fff::1",
    ],
)
def test_a_name_that_leads_into_a_private_network_is_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    settings.JIEDAO_WEBHOOK = {"hosts": ["robots.test"], "networks": []}
    # The first address is public: all of them count.
    monkeypatch.setattr(webhook, "list_addresses", lambda _host, _port: ["93.184.216.34", address])
    with pytest.raises(PermanentFault):
        WebhookChannel().send(make_message("https://robots.test/hook"))


def test_a_private_network_can_be_allowed_and_plain_http_only_there(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JIEDAO_WEBHOOK = {"hosts": ["robots.test"], "networks": [ip_network("10.0.0.0/8")]}
    parts = webhook.check_url("http://robots.test/hook")
    monkeypatch.setattr(webhook, "list_addresses", lambda _host, _port: ["10.1.2.3"])
    assert webhook.choose_address(parts) == "10.1.2.3"
    monkeypatch.setattr(webhook, "list_addresses", lambda _host, _port: ["93.184.216.34"])
    with pytest.raises(PermanentFault):
        webhook.choose_address(parts)


# -- files -----------------------------------------------------------------------------------------------------------


def test_without_servers_messages_are_files_that_only_the_server_reads(settings: Any, tmp_path: Path) -> None:
    settings.JIEDAO_DATA = tmp_path
    for code, target in (
        ("MAIL", "wang@example.gov.cn"),
        ("SMS", "13800138000"),
        ("WEBHOOK", "https://a.test/"),
    ):
        channel = get_channel(code)
        assert isinstance(channel, FileChannel)
        channel.send(make_message(target))
        channel.send(make_message(target))  # the same message again is the same file
    (mail,) = get_outbox("MAIL").iterdir()
    assert mail.suffix == ".eml"
    assert read_mail(mail.read_bytes())["Subject"] == "待派遣：20200001 占道"
    (text,) = get_outbox("SMS").iterdir()
    assert json.loads(text.read_text())["to"] == "13800138000"
    assert {path.stat().st_mode & 0o777 for path in (mail, text)} == {0o600}
    assert get_outbox("SMS").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_passes(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    settings.JIEDAO_DATA = tmp_path
    with pytest.raises(TemporaryFault):
        FileChannel("SMS").send(make_message("13800138000"))
