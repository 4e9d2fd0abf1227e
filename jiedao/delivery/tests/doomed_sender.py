"""A worker that dies while it sends: `hang` sends and never marks, any other word sends what is due."""

import os
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "jiedao.settings"

import django

django.setup()

from jiedao.delivery import sending
from jiedao.delivery.channels.base import Message


class HangingChannel:
    repeats_safely = False
    is_connected = True

    def send(self, message: Message) -> None:
        print("sent", message.target, flush=True)
        time.sleep(600)


sending.get_channel = lambda _code: HangingChannel()
sending.send_due()
