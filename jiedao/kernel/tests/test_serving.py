"""The server does not share a port with another one, and the refusal states what to do."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from jiedao.kernel.errors import UserError
from jiedao.kernel.serving import prepare_to_serve


@pytest.fixture
def used_port() -> Iterator[int]:
    """A port that another process listens at and would share."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    yield listener.getsockname()[1]
    listener.close()


def test_a_port_in_use_is_refused_with_a_hint(used_port: int) -> None:
    with pytest.raises(UserError, match=str(used_port)) as caught:
        prepare_to_serve("127.0.0.1", used_port)
    assert "--port" in str(caught.value.hint)


def test_a_port_of_an_ended_server_can_be_used() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()
    prepare_to_serve("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host.invalid"])
def test_an_address_of_another_machine_is_refused_with_a_hint(host: str) -> None:
    with pytest.raises(UserError) as caught:
        prepare_to_serve(host, 8000)
    assert "--host" in str(caught.value.hint)


def test_the_folder_of_static_files_is_created(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "STATIC_ROOT", tmp_path / "new" / "static")
    prepare_to_serve("127.0.0.1", 0)
    assert settings.STATIC_ROOT.is_dir()
