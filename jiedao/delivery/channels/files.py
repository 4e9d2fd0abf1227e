"""Messages as files in `JIEDAO_DATA/outbox`: for tests, and for offices without servers to send by.

A mail is one .eml file that mail programs open, any other message one .json file. Files are readable to the server
alone. The name is made from the message's key, so a message that is written twice is one file.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import orjson
from django.conf import settings
from django.utils.translation import gettext_noop as _

from jiedao.delivery.channels.base import Message, TemporaryFault
from jiedao.delivery.channels.mail import build_mail


def get_outbox(channel: str) -> Path:
    """Return the folder of a channel's files."""
    return Path(settings.JIEDAO_DATA) / "outbox" / channel.lower()


class FileChannel:
    """Writes messages of one channel to files."""

    repeats_safely = True
    is_connected = False

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def send(self, message: Message) -> None:
        """Write the file completely or not at all; raise TemporaryFault, for instance when the disk is full."""
        if self.channel == "MAIL":
            suffix, content = "eml", build_mail(message).message().as_bytes()
        else:
            fields = {"to": message.target, "text": message.short, "link": message.link, **message.data}
            suffix, content = "json", orjson.dumps(fields, option=orjson.OPT_INDENT_2)
        folder = get_outbox(self.channel)
        name = hashlib.sha256(message.key.encode()).hexdigest()[:24]
        draft = folder / f".{name}.{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(content)
            draft.replace(folder / f"{name}.{suffix}")
        except OSError as fault:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise TemporaryFault(_("不能写入 outbox 文件夹"), fault.strerror) from fault
