"""The mark of the field key in the database: with another key nothing is written.

Without it an office with a lost or wrong key would go on, encrypt new cases with that key, and find out months later
that the older ones cannot be read.
"""

from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils.translation import gettext as _

from jiedao.kernel.crypto import UnreadableField, compute_key_mark, decrypt
from jiedao.kernel.errors import UserError
from jiedao.kernel.models import KeyMark
from jiedao.kernel.outages import find_outage, reach_database

FIELD = "field"
PATIENCE = 2.2  # seconds
# Each returns an encrypted text of its room and its context, None if the room has none yet.
Sample = Callable[[], tuple[str, str] | None]
SAMPLES: list[Sample] = []
# Each is called when another key was accepted, in the transaction that stores its mark.
RENEWALS: list[Callable[[], None]] = []
_confirmed: list[str] = []  # the marks of the keys that this process has compared


def register_sample(sample: Sample) -> Sample:
    """Register a function by which the key of a database that has no mark yet is recognised."""
    SAMPLES.append(sample)
    return sample


def register_renewal(renew: Callable[[], None]) -> Callable[[], None]:
    """Register a function that writes what a room has to write when another key was accepted."""
    RENEWALS.append(renew)
    return renew


def is_right_key() -> bool:
    """Return whether the field key is that of the database. A database without data has any key."""
    stored = KeyMark.objects.filter(name=FIELD).values_list("mark", flat=True).first()
    if stored is not None:
        return stored == compute_key_mark()
    for sample in SAMPLES:
        if encrypted := sample():
            text, context = encrypted
            try:
                decrypt(text, context=context)
            except UnreadableField:
                return False
    return True


def make_wrong_key_error() -> UserError:
    """Return the refusal of a key that is not the one of the database."""
    return UserError(
        _("字段密钥不是这个数据库的：用它写入会使姓名和电话一半读得出、一半读不出。"),
        hint=_(
            "请把原来的密钥放回：JIEDAO_FIELD_KEY_FILE（没有设置时是 JIEDAO_SECRET_KEY_FILE "
            "或 JIEDAO_DATA 里的 secret_key）。"
            "确实丢失时运行 jiedao migrate --new-key：以前加密的内容将永远读不出来。"
        ),
    )


def confirm_key(*, accept: bool = False) -> None:
    """Check the field key against the mark in the database, and write the mark when there is none.

    It compares once in each process. A database that is not prepared, or does not answer, is not checked now: the
    caller's next statement reports it.

    Args:
        accept: replace the mark by that of the present key.

    Raises:
        UserError: the key is another one; nothing may be written.
    """
    mark = compute_key_mark()
    if mark in _confirmed and not accept:
        return
    try:
        reach_database(PATIENCE)
        if not accept and not is_right_key():
            raise make_wrong_key_error()
        if accept:
            _accept_key(mark)
        elif not KeyMark.objects.filter(name=FIELD).exists():
            KeyMark.objects.bulk_create([KeyMark(name=FIELD, mark=mark)], ignore_conflicts=True)
    except (DatabaseError, InterfaceError) as fault:
        if not find_outage(fault) and KeyMark._meta.db_table in connection.introspection.table_names():
            raise
        return
    _confirmed.append(mark)


def _accept_key(mark: str) -> None:
    is_other = not is_right_key()
    with transaction.atomic():
        KeyMark.objects.update_or_create(name=FIELD, defaults={"mark": mark})
        if is_other:
            for renew in RENEWALS:
                renew()


def is_confirmed() -> bool:
    """Return whether this process has compared the present key with the database."""
    return bool(_confirmed) and compute_key_mark() in _confirmed


def forget_confirmation() -> None:
    """Compare again at the next call of `confirm_key`; for tests."""
    _confirmed.clear()


def find_key_fault() -> str:
    """Return why the key cannot be used with this database, "" when it can."""
    return "" if is_confirmed() or is_right_key() else "key: JIEDAO_FIELD_KEY is not the key of this database"
