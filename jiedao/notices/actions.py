"""Writing and reading notices."""

from collections.abc import Iterable

from jiedao.kernel import clock
from jiedao.notices.models import Notice, Tone


def notify(
    *, user_ids: Iterable[int], key: str, text: str, url: str = "", tone: str = Tone.INFO.value
) -> None:
    """Give each person the notice once; a second call with the same key does nothing. Runs in the caller's
    transaction, so that nothing is announced that did not happen."""
    now = clock.now()
    Notice.objects.bulk_create(
        [
            Notice(user_id=pk, key=key, text=text[:300], url=url, tone=tone, at=now)
            for pk in sorted(set(user_ids))
        ],
        ignore_conflicts=True,
    )


def mark_read(*, user_id: int, notice_id: int | None = None) -> int:
    """Mark one notice, or all, of a person as read; return how many changed."""
    rows = Notice.objects.filter(user_id=user_id, read_at__isnull=True)
    if notice_id is not None:
        rows = rows.filter(pk=notice_id)
    return rows.update(read_at=clock.now())
