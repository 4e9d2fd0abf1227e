"""A mail that asks the owner of an address to confirm it, where the address came with a matter by another system.

Nothing else is sent to the address before: whoever filed the matter may have mistyped it, or stated another person's.
"""

import uuid

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.cases.following_public.code_limits import count_request, take_turn
from jiedao.cases.following_public.codes import make_code
from jiedao.cases.following_public.notifying import INVITATION_DAYS, INVITATION_SALT
from jiedao.cases.following_public.proving import TARGET, make_proof_key
from jiedao.cases.following_public.reporting import add_follower
from jiedao.cases.models import Follower, FollowRole
from jiedao.delivery.actions import read_target
from jiedao.kernel import clock
from jiedao.kernel.crypto import compute_keyed_digest, encrypt
from jiedao.kernel.errors import NotFoundError, TooManyRequests
from jiedao.kernel.jobs import enqueue
from jiedao.kernel.signed import load_signed


@transaction.atomic
def invite_reporter(case_id: int, client_uuid: uuid.UUID, email: str, *, address: str) -> bool:
    """Ask the owner of a mail address to confirm it for messages about a case; return whether a mail is sent.

    None is sent where the site has no address for the link, or beyond the limits for the contact and for `address`,
    that of the client ("" for one with a key). Raise UserError for a text that is no mail address.
    """
    plain = read_target("MAIL", email)
    if not settings.JIEDAO_SITE_URL:
        return False
    try:
        if address:
            count_request(address)
        if not take_turn(make_proof_key("MAIL", plain)):
            return False
    except TooManyRequests:
        return False
    follower, _created = add_follower(case_id, FollowRole.REPORTER, make_code(client_uuid))
    Follower.objects.filter(pk=follower.pk).update(
        channel="MAIL",
        target=encrypt(plain, context=TARGET),
        verified_at=None,
        language=get_language() or "zh-hans",
    )
    enqueue("cases:send_invitation", follower_id=follower.pk)
    return True


def read_invitation(token: str) -> Follower:
    """Return the follower whose contact a token confirms; raise NotFoundError for one that is wrong or too old."""
    try:
        follower_id, digest = load_signed(token, salt=INVITATION_SALT, max_age=INVITATION_DAYS * 24 * 3600)
    except (signing.BadSignature, ValueError, TypeError):
        follower_id, digest = 0, ""
    follower = Follower.objects.select_related("case").filter(pk=follower_id).first()
    if follower is None or not follower.target or compute_keyed_digest(follower.target) != digest:
        raise NotFoundError(
            _("这个确认链接已经不能用了。"), hint=_("链接 7 天内有效。可以凭编号和查询码查进度。")
        )
    return follower


def accept_invitation(token: str) -> Follower:
    """Take the contact of a token into use for messages, and return its follower; raise as `read_invitation`."""
    follower = read_invitation(token)
    if follower.verified_at is None:
        Follower.objects.filter(pk=follower.pk, erased_at__isnull=True).update(verified_at=clock.now())
    return follower
