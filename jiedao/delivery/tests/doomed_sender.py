"""A worker that sends and is killed before it can mark the message."""

import os
import sys
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "jiedao.settings"


class HangingChannel:
    """Tells the test what was sent, and never returns."""

    repeats_safely = False
    is_connected = True

    def send(self, message: object) -> None:
        sys.stdout.write(f"sent {message.target}\n")  # type: ignore[attr-defined]
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    import django

    django.setup()
    from jiedao.delivery import sending

    sending.get_channel = lambda _code: HangingChannel()
    sending.send_due()
