"""The phone numbers of reporters: read by the town's area code, and matched by keyed digests."""

from django.utils.translation import gettext as _

from jiedao.cases.models import PhoneCheck
from jiedao.kernel import crypto
from jiedao.kernel.errors import UserError
from jiedao.kernel.phones import PhoneReading, read_phones
from jiedao.kernel.policies import get_policy

MAX_NUMBERS = 3


def read_reporter_phone(text: str) -> PhoneReading:
    """Read the phone field of a reporter."""
    return read_phones(text, area_code=str(get_policy("phone_area_code")))


def require_phone(text: str) -> PhoneReading:
    """Read a phone field that a person fills in; raise UserError where a part of it cannot be a number."""
    reading = read_reporter_phone(text)
    if reading.faults:
        raise UserError(
            _("“%(text)s”不是电话号码。") % {"text": reading.faults[0][:40]},
            hint=_(
                "手机 11 位；固定电话写区号，如 0755-28123456，分机写 -801；几个号码用顿号隔开；没有就留空。"
            ),
            field="reporter_phone",
        )
    if len(reading.numbers) > MAX_NUMBERS:
        raise UserError(
            _("电话有 %(n)d 个，最多 %(most)d 个。") % {"n": len(reading.numbers), "most": MAX_NUMBERS},
            hint=_("请留下最容易接通的几个。"),
            field="reporter_phone",
        )
    return reading


def list_phone_keys(reading: PhoneReading) -> list[str]:
    """Return the keyed digest of each number."""
    return [crypto.compute_keyed_digest(number) for number in reading.numbers]


def check_phone(reading: PhoneReading) -> str:
    """Return what `Reporter.phone_check` holds for a reading."""
    if reading.faults:
        return PhoneCheck.BAD.value
    return PhoneCheck.GOOD.value if reading.numbers else ""
