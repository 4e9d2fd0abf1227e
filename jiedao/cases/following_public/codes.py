"""Follow-up codes: made from the key of a report, stored as digests, opened with few tries."""

import hmac
import uuid

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.accounts.throttle import count_failure, find_pause, make_limit_key
from jiedao.cases.models import Case, Follower
from jiedao.kernel.crypto import compute_keyed_digest, derive_key
from jiedao.kernel.errors import NotFoundError, TooManyRequests
from jiedao.kernel.folding import fold_key
from jiedao.kernel.short_codes import derive_code, read_code

LENGTH = 8  # 40 bits, of which few can be tried
TRIES_OF_ADDRESS, TRIES_OF_CASE = 20, 30


def make_code(client_uuid: uuid.UUID) -> str:
    """Return the follow-up code of a report; the same for the same key, so that a repeated report shows it again."""
    digest = hmac.digest(derive_key("follow code"), client_uuid.bytes, "sha256")
    return derive_code(digest[:16], LENGTH)


def hash_code(case_id: int, code: str) -> str:
    """Return the stored form of a code, however it was typed."""
    return compute_keyed_digest(f"follow {case_id} {read_code(code)}")


def open_by_code(number: str, code: str, *, address: str) -> Follower:
    """Return the follower whose code it is, with the case.

    Args:
        address: of the client; wrong codes are counted for it and for the case.

    Raises:
        NotFoundError: the number and the code do not belong together; which of the two is wrong is not stated.
        TooManyRequests: after too many wrong codes, for a quarter of an hour.
    """
    cleaned = "".join(fold_key(number).upper().split())[:20].replace("\x00", "")
    keys = {
        make_limit_key("follow", address): TRIES_OF_ADDRESS,
        f"follow-case:{compute_keyed_digest(cleaned)}": TRIES_OF_CASE,
    }
    address_key = next(iter(keys))
    if minutes := find_pause([address_key]):
        raise _make_pause_error(minutes)
    case_id = Case.objects.filter(number=cleaned).values_list("pk", flat=True).first()
    follower = None
    if case_id is not None:
        rows = Follower.objects.filter(case_id=case_id, code=hash_code(case_id, code))
        follower = rows.select_related("case").first()
    if follower is None:
        # Wrong codes of strangers must not lock out the person who has the right one.
        if minutes := find_pause(list(keys)):
            raise _make_pause_error(minutes)
        for key, limit in keys.items():
            count_failure(key, limit)
        raise NotFoundError(
            _("没有找到：编号和查询码对不上。"),
            hint=_("请照回执核对，查询码是 8 位字母和数字；丢了查询码，可以用留下的手机号查。"),
            field="code",
        )
    return follower


def _make_pause_error(minutes: int) -> TooManyRequests:
    hint = ngettext("请 %(n)d 分钟后再试，或者打电话问。", "请 %(n)d 分钟后再试，或者打电话问。", minutes)
    return TooManyRequests(
        _("试的次数太多，暂时不能再查。"), seconds=minutes * 60, hint=hint % {"n": minutes}, field="code"
    )
