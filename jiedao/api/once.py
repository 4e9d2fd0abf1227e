"""Repeated requests: the second request under the same `Idempotency-Key` gets the answer of the first.

The answer is stored in the transaction of the effect, so that a client whose connection broke after the commit
gets the answer and the effect is not repeated. A refusal is not stored: nothing was written, and the request may be
sent again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiedao.api.models import StoredAnswer
from jiedao.kernel.crypto import decrypt, encrypt
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor

HEADER = "Idempotency-Key"
WRITING = {"POST", "PATCH"}
LONGEST_KEY = 200
REPLAYED = "Idempotency-Replayed"
CONTEXT = "api.answer"
NOTED = "jiedao.idempotency"  # a key in META that no header of a client can have


@dataclass
class Claim:
    """The key of a request; `row` is set once the request is the first one with it."""

    key: str
    row: StoredAnswer | None = None


class AnsweredBefore(Exception):  # noqa: N818 (an answer, not a fault)
    """The request was answered before; `answer` is that answer."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


def answer_once(request: HttpRequest, make_answer: Callable[[], Any]) -> Any:
    """Return the answer to a request of a known token; with a key, store it, and undo everything if it is a refusal."""
    key = request.headers.get(HEADER)
    if key is None or request.method not in WRITING:
        return make_answer()
    claim = request.META[NOTED] = Claim(key.strip().strip('"'))
    with transaction.atomic():
        answer = make_answer()
        if answer.status_code >= 400:
            transaction.set_rollback(True)
        elif claim.row is not None:
            claim.row.status, claim.row.body = (
                answer.status_code,
                encrypt(answer.content.decode(), context=CONTEXT),
            )
            claim.row.save(update_fields=["status", "body"])
    return answer


def claim_answer(request: HttpRequest, actor: Actor) -> None:
    """Store the key of a request as used by the actor, in the transaction of `answer_once`.

    Raises:
        AnsweredBefore: the user sent the same request before.
        UserError: a key that cannot be used, or that the user sent with other content.
    """
    claim: Claim | None = request.META.get(NOTED)
    if claim is None or actor.user_id is None:
        return
    if not 0 < len(claim.key) <= LONGEST_KEY or not (claim.key.isascii() and claim.key.isprintable()):
        raise UserError(
            _("请求头 %(name)s 不能用。") % {"name": HEADER},
            hint=_("请为每个请求生成一个 UUID，写成 1 到 %(most)d 个 ASCII 字符。") % {"most": LONGEST_KEY},
            field=HEADER,
        )
    fingerprint = _compute_fingerprint(request)
    try:
        with transaction.atomic():
            claim.row = StoredAnswer.objects.create(
                user_id=actor.user_id, key=claim.key, fingerprint=fingerprint
            )
    except IntegrityError:
        claim.row = None
        stored = StoredAnswer.objects.get(user_id=actor.user_id, key=claim.key)
        if stored.fingerprint != fingerprint:
            raise UserError(
                _("这个 %(name)s 已经用于另一个请求，这次没有处理。") % {"name": HEADER},
                hint=_("重发同一个请求请原样发送；另一个请求请用新的值。"),
                field=HEADER,
            ) from None
        answer = HttpResponse(
            decrypt(stored.body, context=CONTEXT),
            status=stored.status,
            content_type="application/json; charset=utf-8",
        )
        answer[REPLAYED] = "true"
        raise AnsweredBefore(answer) from None


def _compute_fingerprint(request: HttpRequest) -> str:
    """Return the digest of a request; for a form that of its fields and files, because its boundary is random."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type != "multipart/form-data":
        digest.update(request.body)
        return digest.hexdigest()
    for name, values in sorted(request.POST.lists()):
        for value in values:
            digest.update(f"{name}={value}\n".encode(errors="surrogatepass"))
    files: dict[str, Any] = dict(request.FILES.lists())
    for name, uploads in sorted(files.items()):
        for upload in uploads:
            content = hashlib.sha256()
            for chunk in upload.chunks():
                content.update(chunk)
            upload.seek(0)
            digest.update(f"{name}={content.hexdigest()}\n".encode())
    return digest.hexdigest()
