"""Codes for visitors: after the challenge, and a limited number for each address.

So one person does not answer a hundred times, and a machine not at all.
"""

from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiedao.accounts.throttle import count_failure, find_pause, make_limit_key
from jiedao.kernel.errors import UserError
from jiedao.kernel.requests import get_limit_address
from jiedao.portal.challenge import check_challenge, read_challenge
from jiedao.publishing.consultations.answering import give_visitor_code
from jiedao.publishing.models import Consultation

MOST_CODES = 10  # in 15 minutes; a family or an office shares an address
DAY = timedelta(days=1)
MOST_IN_A_DAY = 60  # else one address could answer a thousand times a day


class TooManyCodes(UserError):  # noqa: N818 (a refusal)
    """The address was given as many codes as it may have for now."""

    status = 429


def take_visitor_code(request: HttpRequest, row: Consultation) -> str:
    """Return a code for a visitor who has passed the challenge of the form.

    The address is stored as a keyed digest, in a count that is deleted a day later; no code leads to it.

    Raises:
        UserError: the challenge was not passed.
        TooManyCodes: the address was given many codes a moment ago.
    """
    data = request.POST
    challenge = read_challenge(data.get("challenge", ""))
    check_challenge(challenge, work=data.get("work", ""), answer=data.get("answer", ""))
    key = make_limit_key("consultation", get_limit_address(request), str(row.pk))
    if minutes := find_pause([key]):
        raise TooManyCodes(
            _("这个网络刚领过很多参与码。"),
            hint=_("请 %(n)d 分钟后再领。") % {"n": minutes},
            field="code",
        )
    with transaction.atomic():
        code = give_visitor_code(row, challenge.key)
        count_failure(key, MOST_CODES)
        day_key = make_limit_key("consultation-day", get_limit_address(request), str(row.pk))
        codes, _pause = count_failure(day_key, window=DAY)
        if codes > MOST_IN_A_DAY:
            raise TooManyCodes(
                _("这个网络今天领的参与码已经够多了。"), hint=_("请明天再领，或者换一个网络。"), field="code"
            )
    return code
