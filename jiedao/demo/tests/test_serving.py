"""The server of the demonstration starts only on a port of its own."""

import socket

import pytest

from jiedao.demo.commands import serve_and_work
from jiedao.kernel.errors import UserError


def test_a_port_taken_while_the_town_was_made_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=str(port)):
            serve_and_work("127.0.0.1", port)
