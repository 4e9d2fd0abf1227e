"""Codes for visitors: one for each passed challenge, up to a limit for each address.

The limit keeps a person from answering a hundred times; the challenge keeps programs out.
"""

from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiedao.accounts.throttle import count_failure, find_pause, make_limit_key
from jiedao.kernel.errors import TooManyRequests
from jiedao.kernel.requests import get_limit_address
from jiedao.portal.challenge import check_challenge, read_challenge
from jiedao.publishing.consultations.answering import give_visitor_code
from jiedao.publishing.models import Consultation

MOST_CODES = 10  # in 15 minutes; a family or an office shares an address
DAY = timedelta(days=1)
MOST_IN_A_DAY = 60  # else one address could answer a thousand times a day


def take_visitor_code(request: HttpRequest, row: Consultation) -> str:
    """Return a code for a visitor who has passed the challenge of the form.

    The address is stored as a keyed digest, in a count that is deleted a day later; no code leads to it.

    Raises:
        UserError: the challenge was not passed.
        TooManyRequests: the address has reached its limit of codes for now.
    """
    data = request.POST
    challenge = read_challenge(data.get("challenge", ""))
    check_challenge(challenge, work=data.get("work", ""), answer=data.get("answer", ""))
    key = make_limit_key("consultation", get_limit_address(request), str(row.pk))
    if minutes := find_pause([key]):
        raise TooManyRequests(
            _("这个网络刚领过很多参与码。"),
            seconds=minutes * 60,
            hint=_("请 %(n)d 分钟后再领。") % {"n": minutes},
            field="code",
        )
    with transaction.atomic():
        code = give_visitor_code(row, challenge.key)
        count_failure(key, MOST_CODES)
        day_key = make_limit_key("consultation-day", get_limit_address(request), str(row.pk))
        codes, _pause = count_failure(day_key, window=DAY)
        if codes > MOST_IN_A_DAY:
            raise TooManyRequests(
                _("这个网络今天领的参与码已经够多了。"),
                seconds=int(DAY.total_seconds()),
                hint=_("请明天再领，或者换一个网络。"),
                field="code",
            )
    return code
