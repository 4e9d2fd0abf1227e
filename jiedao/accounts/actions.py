"""Every write at the door, each with its audit entry: passwords, second factors, failures, locks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from jiedao.accounts import second_factor
from jiedao.accounts.models import RecoveryCode, SecondFactor, User
from jiedao.audit.actions import AuditActor, record
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError

SESSION, PASSWORD, FACTOR = "accounts.session", "accounts.password", "accounts.second_factor"
MOST_FAILURES = 5
LOCK = timedelta(hours=settings.AXES_COOLOFF_TIME)


def note(*, actor: AuditActor, action: str, user_id: int | None, after: Any = None) -> None:
    """Write down what happened to an account, None for a name that no account has."""
    record(actor=actor, action=action, obj_type="accounts.user", obj_id=user_id, after=after)


def shown_name(username: str) -> str:
    """Return what the audit keeps of a name that is no account: by mistake it may be somebody's password."""
    return username[:2] + "***"


@transaction.atomic
def note_failure(*, actor: AuditActor, username: str, failures: int | None, locked: bool) -> None:
    """Write down that a sign-in failed, and that it locked the account at this address.

    Attempts during the lock (`failures` is None then) leave no entry: they were not tried, and a machine could write
    without end.
    """
    user = User.objects.filter(username=username).first()
    after = {"username": username if user is not None else shown_name(username)}
    user_id = user.pk if user is not None else None
    if failures is not None:
        note(actor=actor, action=f"{SESSION}:fail", user_id=user_id, after=after)
        if locked:
            note(
                actor=actor, action=f"{SESSION}:lock", user_id=user_id, after={**after, "failures": failures}
            )


def locked_minutes(username: str, address: str) -> int:
    """Return for how many minutes, rounded up, the account stays locked at the address; 0 where it is not."""
    rows = AccessAttempt.objects.filter(username=username, ip_address=address)
    failures = 0
    for row in rows.filter(attempt_time__gt=clock.now() - LOCK).order_by("-attempt_time"):
        failures += row.failures_since_start
        if failures >= settings.AXES_FAILURE_LIMIT:  # without this row they are too few
            return minutes_until(row.attempt_time + LOCK)
    return 0


def minutes_until(moment: datetime) -> int:
    """Return the minutes to a moment, rounded up, at least one."""
    return max(1, -int(-(moment - clock.now()).total_seconds() // 60))


def unlock(username: str) -> None:
    """Let the person try again at once, wherever the failures came from."""
    AccessAttempt.objects.filter(username=username).delete()
    SecondFactor.objects.filter(user__username=username).update(failures=0, locked_until=None)


def end_sessions(user: User) -> None:
    """End every session of the person, in every browser."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])


@transaction.atomic
def change_password(*, actor: AuditActor, user: User, password: str) -> None:
    """Keep the person's own new password; every session ends, for the password is part of it."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    note(actor=actor, action=f"{PASSWORD}:change", user_id=user.pk)


@dataclass(frozen=True)
class Checked:
    """What came of a code: how it counts ("CODE", "RECOVERY", "" for wrong), and what is left.

    Attributes:
        codes_left: recovery codes not used yet.
        locked_minutes: above 0 when codes are not taken at all for so long.
    """

    how: str
    codes_left: int = 0
    locked_minutes: int = 0


@transaction.atomic
def check_code(*, actor: AuditActor, user: User, code: str) -> Checked:
    """Take a one-time or recovery code; each counts once. Five wrong ones in a row stop all for a while.

    The count is the person's, whatever the address: who knows the password must not guess from many.
    """
    row = SecondFactor.objects.select_for_update().filter(user=user).first()
    if row is None:
        raise Stale(_("两步验证刚刚被关闭。"), hint=_("请重新登录。"))
    if row.locked_until is not None and row.locked_until > clock.now():
        return Checked("", locked_minutes=minutes_until(row.locked_until))
    how = _take(row, code)
    if how:
        row.failures, row.locked_until = 0, None
    else:
        row.failures += 1
        note(actor=actor, action=f"{FACTOR}:fail", user_id=user.pk)
    if row.failures >= MOST_FAILURES:
        row.failures, row.locked_until = 0, clock.now() + LOCK
        note(actor=actor, action=f"{FACTOR}:lock", user_id=user.pk, after={"failures": MOST_FAILURES})
    row.save(update_fields=["failures", "locked_until", "last_step"])
    locked = minutes_until(row.locked_until) if row.locked_until is not None else 0
    return Checked(how, row.recovery_codes.filter(used_at__isnull=True).count(), locked)


def _take(row: SecondFactor, code: str) -> str:
    step = second_factor.step_of(second_factor.unseal(row.secret), code)
    if step is not None and step > row.last_step:
        row.last_step = step
        return "CODE"
    digest = second_factor.recovery_digest(row.user_id, code)
    unused = RecoveryCode.objects.filter(factor=row, digest=digest, used_at__isnull=True)
    return "RECOVERY" if unused.update(used_at=clock.now()) else ""


@transaction.atomic
def switch_on(*, actor: AuditActor, user: User, secret: str, code: str) -> list[str]:
    """Switch the second factor on, once a code shows that the person has it; return ten recovery codes.

    Every session ends. Raise UserError for a wrong code, Stale where it is on already.
    """
    step = second_factor.step_of(secret, code)
    if step is None:
        raise UserError(
            _("验证码不对。"),
            hint=_("请输入应用里正在显示的 6 位数字；如果总是不对，请把手机时间设为自动。"),
            field="code",
        )
    row, made = SecondFactor.objects.get_or_create(
        user=user, defaults={"secret": second_factor.seal(secret), "last_step": step}
    )
    if not made:
        raise Stale(_("两步验证已经开启。"), hint=_("如需换手机，请先关闭再重新开启。"))
    end_sessions(user)
    note(actor=actor, action=f"{FACTOR}:switch_on", user_id=user.pk)
    return _renew(row)


def _renew(row: SecondFactor) -> list[str]:
    codes = second_factor.new_recovery_codes()
    row.recovery_codes.all().delete()
    digests = [second_factor.recovery_digest(row.user_id, code) for code in codes]
    RecoveryCode.objects.bulk_create([RecoveryCode(factor=row, digest=digest) for digest in digests])
    return codes


@transaction.atomic
def renew_recovery_codes(*, actor: AuditActor, user: User) -> list[str]:
    """Make ten new recovery codes in place of the old ones."""
    row = second_factor.of(user)
    if row is None:
        raise Stale(_("两步验证刚刚被关闭。"), hint=_("请重新登录。"))
    note(actor=actor, action=f"{FACTOR}:renew_codes", user_id=user.pk)
    return _renew(row)


@transaction.atomic
def switch_off(*, actor: AuditActor, user: User) -> bool:
    """Switch the second factor off, by the person or an administrator; False where it was off already.

    The caller has checked password and code, or the administrator's right. Every session ends.
    """
    if not SecondFactor.objects.filter(user=user).delete()[0]:
        return False
    end_sessions(user)
    own = actor.user_id == user.pk
    note(actor=actor, action=f"{FACTOR}:{'switch_off' if own else 'reset'}", user_id=user.pk)
    return True
