"""A worker is killed with SIGKILL after the message left and before it was marked."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from jiedao.accounts.models import User
from jiedao.delivery.models import Delivery, DeliveryState
from jiedao.delivery.outbox import write_deliveries
from jiedao.delivery.sending import LEASE, send_due
from jiedao.delivery.tests.conftest import LATE, Recorder, send_notice
from jiedao.kernel import clock
from jiedao.kernel.tests.test_worker_killed import database_url

SCRIPT = Path(__file__).with_name("doomed_sender.py")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("repeats_safely", [False, True])
def test_a_message_is_not_sent_twice_unless_the_channel_allows_it(
    add_user: Callable[..., User], recorder: Recorder, repeats_safely: bool, settings: Any
) -> None:
    send_notice(add_user("wang", "SMS"), kind=LATE, stage="办理")
    write_deliveries()
    connection.close()
    env = {
        **os.environ,
        "JIEDAO_DATABASE_URL": database_url(),
        "JIEDAO_DATA": str(settings.JIEDAO_DATA),
        "JIEDAO_SECRET_KEY": settings.SECRET_KEY,
    }
    worker = subprocess.Popen([sys.executable, str(SCRIPT)], env=env, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "sent 13800138000\n"
    worker.kill()
    worker.wait(10)
    assert Delivery.objects.get().state == DeliveryState.SENDING
    recorder.repeats_safely = repeats_safely
    assert send_due() == 0  # the lease of the dead worker has not ended yet
    with clock.at(clock.real_now() + LEASE + timedelta(seconds=1)):
        send_due()
    delivery = Delivery.objects.get()
    if repeats_safely:
        assert (delivery.state, len(recorder.sent)) == (DeliveryState.SENT, 1)
    else:
        assert (delivery.state, len(recorder.sent)) == (DeliveryState.UNSURE, 0)
        assert delivery.reason
