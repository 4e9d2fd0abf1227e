"""The server never shares a port with another one, and says what to do instead."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from jiedao.kernel.errors import UserError
from jiedao.kernel.serving import prepare_to_serve


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody listens who would share it."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    yield listener.getsockname()[1]
    listener.close()


def test_a_taken_port_is_told_with_a_way_out(taken: int) -> None:
    with pytest.raises(UserError, match=str(taken)) as told:
        prepare_to_serve("127.0.0.1", taken)
    assert "--port" in str(told.value.hint)


def test_a_port_that_was_left_is_free() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()
    prepare_to_serve("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host.invalid"])
def test_an_address_of_another_machine_is_told(host: str) -> None:
    with pytest.raises(UserError) as told:
        prepare_to_serve(host, 8000)
    assert "--host" in str(told.value.hint)


def test_the_folder_of_static_files_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "STATIC_ROOT", tmp_path / "new" / "static")
    prepare_to_serve("127.0.0.1", 0)
    assert settings.STATIC_ROOT.is_dir()
