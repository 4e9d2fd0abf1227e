"""Notices of the room: what waits for a reviewer of the public copies of cases."""

from django.utils.translation import gettext_lazy as _

from jiedao.notices.kinds import NoticeKind

QUEUE_TYPE = "publishing.queue"
QUEUE_ID = 1  # there is one queue, of which each reviewer sees the cases of their scope
WAITING = NoticeKind(f"{QUEUE_TYPE}:waiting", _("有 %(n)s 件案件等您决定公众能看到什么"), asks=True)
KINDS = (WAITING,)
