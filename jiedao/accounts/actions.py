"""Writes to accounts, each with an audit entry: passwords, second factors, failed sign-ins and locks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from jiedao.accounts import second_factor, throttle
from jiedao.accounts.models import RecoveryCode, SecondFactor, User
from jiedao.audit.actions import AuditActor, record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError

SESSION, PASSWORD, FACTOR = "accounts.session", "accounts.password", "accounts.second_factor"
MAX_FAILURES = 5
LOCK = timedelta(hours=settings.AXES_COOLOFF_TIME)


def record_account_event(*, actor: AuditActor, action: str, user_id: int | None, after: Any = None) -> None:
    """Write the audit entry of an event on an account; `user_id` is None when no account has the name."""
    record_entry(actor=actor, action=action, obj_type="accounts.user", obj_id=user_id, after=after)


@transaction.atomic
def record_failure(
    *, actor: AuditActor, username: str, address: str, device_key: str, failures: int | None, locked: bool
) -> None:
    """Count a failed sign-in, and write the audit entries of the failure and of the locks and pauses that it causes.

    An attempt during the lock leaves no entry: no password was tried, and a machine could otherwise fill the audit.

    Args:
        device_key: the key of a browser that is known for the account, "" for an unknown one.
        failures, locked: what django-axes counted for the account at this address; None where it counted nothing.
    """
    if not device_key and failures is None:
        return
    user = User.objects.filter(username=username).first()
    if user is None:
        _record_unknown_name(actor)
    else:
        after = {"username": username}
        record_account_event(actor=actor, action=f"{SESSION}:fail", user_id=user.pk, after=after)
    if device_key:
        count, paused = throttle.count_failure(device_key, throttle.DEVICE_LIMIT)
        _record_lock(actor, user, "device", count, is_new=paused)
        return
    _record_lock(actor, user, "account_at_address", failures or 0, is_new=locked)
    count, paused = throttle.count_failure(throttle.make_account_key(username), throttle.ACCOUNT_LIMIT)
    _record_lock(actor, user, "account", count, is_new=paused)
    count, paused = throttle.count_failure(
        throttle.make_address_key(address), settings.JIEDAO_ADDRESS_FAILURES
    )
    if paused:
        pause = {"of": "address", "address": address, "failures": count}
        record_account_event(actor=actor, action=f"{SESSION}:lock", user_id=None, after=pause)


def _record_lock(actor: AuditActor, user: User | None, of: str, failures: int, *, is_new: bool) -> None:
    """Write the entry of a lock; not for an unknown name, whose entries a machine could multiply."""
    if is_new and user is not None:
        after = {"of": of, "username": user.username, "failures": failures}
        record_account_event(actor=actor, action=f"{SESSION}:lock", user_id=user.pk, after=after)


def _record_unknown_name(actor: AuditActor) -> None:
    """Count the failures of all unknown names together, with an entry at 1, 10, 100, ... of them in an hour.

    The names themselves are not stored: one may be a password typed by mistake.
    """
    count, _paused = throttle.count_failure("unknown", window=timedelta(hours=1))
    if str(count).rstrip("0") == "1":
        record_account_event(
            actor=actor, action=f"{SESSION}:fail", user_id=None, after={"unknown_names_in_this_hour": count}
        )


def count_locked_minutes(username: str, address: str) -> int:
    """Return for how many more minutes, rounded up, the account is locked at the address; 0 when it is not locked."""
    attempts = AccessAttempt.objects.filter(username=username, ip_address=address)
    failures = 0
    for attempt in attempts.filter(attempt_time__gt=clock.real_now() - LOCK).order_by("-attempt_time"):
        failures += attempt.failures_since_start
        if failures >= settings.AXES_FAILURE_LIMIT:  # without this attempt the limit is not reached
            return count_minutes_until(attempt.attempt_time + LOCK)
    return 0


def count_minutes_until(moment: datetime) -> int:
    """Return the minutes until a moment, rounded up, at least 1."""
    return max(1, -int(-(moment - clock.real_now()).total_seconds() // 60))


def unlock_account(username: str) -> None:
    """End the locks and the pause of an account at every address, and the lock of its second factor."""
    throttle.forget_failures(username)
    AccessAttempt.objects.filter(username=username).delete()
    SecondFactor.objects.filter(user__username=username).update(failures=0, locked_until=None)


def end_sessions(user: User) -> None:
    """End every session of the user, in every browser."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])


@transaction.atomic
def change_password(*, actor: AuditActor, user: User, password: str) -> None:
    """Store the password that the user chose; every session ends, because its hash includes the password."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    record_account_event(actor=actor, action=f"{PASSWORD}:change", user_id=user.pk)


@dataclass(frozen=True)
class CodeCheck:
    """The result of checking a code.

    Attributes:
        how: "CODE" for a one-time code, "RECOVERY" for a recovery code, "" for a wrong code.
        codes_left: recovery codes not used yet.
        locked_minutes: above 0 when no code is accepted for that time.
    """

    how: str
    codes_left: int = 0
    locked_minutes: int = 0


@transaction.atomic
def check_code(*, actor: AuditActor, user: User, code: str) -> CodeCheck:
    """Check a one-time code or a recovery code; each is valid once. Five wrong codes in a row lock the second factor.

    Failures are counted for the user, not for the address: a person who knows the password must not be able to guess
    codes from many addresses. Raise Stale when the second factor was switched off.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user).first()
    if factor is None:
        raise Stale(_("两步验证刚刚被关闭。"), hint=_("请重新登录。"))
    now = clock.real_now()
    # A longer lock was begun by a clock that was ahead.
    if factor.locked_until is not None and now < factor.locked_until <= now + LOCK:
        return CodeCheck("", locked_minutes=count_minutes_until(factor.locked_until))
    how = _use_code(factor, code)
    if how:
        factor.failures, factor.locked_until = 0, None
    else:
        factor.failures, factor.locked_until = factor.failures + 1, None
        record_account_event(actor=actor, action=f"{FACTOR}:fail", user_id=user.pk)
    if factor.failures >= MAX_FAILURES:
        factor.failures, factor.locked_until = 0, clock.real_now() + LOCK
        record_account_event(
            actor=actor, action=f"{FACTOR}:lock", user_id=user.pk, after={"failures": MAX_FAILURES}
        )
    factor.save(update_fields=["failures", "locked_until", "last_step"])
    locked = count_minutes_until(factor.locked_until) if factor.locked_until is not None else 0
    return CodeCheck(how, factor.recovery_codes.filter(used_at__isnull=True).count(), locked)


def _use_code(factor: SecondFactor, code: str) -> str:
    step = second_factor.find_step(second_factor.decrypt_secret(factor.secret), code)
    # A later step than any that is possible now was used while the clock was ahead.
    is_last_step_ahead = factor.last_step > second_factor.find_latest_step()
    if step is not None and (step > factor.last_step or is_last_step_ahead):
        factor.last_step = step
        return "CODE"
    digest = second_factor.hash_recovery_code(factor.user_id, code)
    unused_codes = RecoveryCode.objects.filter(factor=factor, digest=digest, used_at__isnull=True)
    return "RECOVERY" if unused_codes.update(used_at=clock.real_now()) else ""


@transaction.atomic
def switch_on_second_factor(*, actor: AuditActor, user: User, secret: str, code: str) -> list[str]:
    """Switch the second factor on, if a code proves that the user has it; return ten recovery codes.

    Every session ends. Raise UserError for a wrong code, Stale when the second factor is on already.
    """
    step = second_factor.find_step(secret, code)
    if step is None:
        raise UserError(
            _("验证码不对。"),
            hint=_("请输入应用里正在显示的 6 位数字；如果总是不对，请把手机时间设为自动。"),
            field="code",
        )
    factor, is_new = SecondFactor.objects.get_or_create(
        user=user, defaults={"secret": second_factor.encrypt_secret(secret), "last_step": step}
    )
    if not is_new:
        raise Stale(_("两步验证已经开启。"), hint=_("如需换手机，请先关闭再重新开启。"))
    end_sessions(user)
    record_account_event(actor=actor, action=f"{FACTOR}:switch_on", user_id=user.pk)
    return _replace_recovery_codes(factor)


def _replace_recovery_codes(factor: SecondFactor) -> list[str]:
    codes = second_factor.make_recovery_codes()
    factor.recovery_codes.all().delete()
    digests = [second_factor.hash_recovery_code(factor.user_id, code) for code in codes]
    RecoveryCode.objects.bulk_create([RecoveryCode(factor=factor, digest=digest) for digest in digests])
    return codes


@transaction.atomic
def renew_recovery_codes(*, actor: AuditActor, user: User) -> list[str]:
    """Replace the recovery codes by ten new ones, and return them."""
    factor = second_factor.find_second_factor(user)
    if factor is None:
        raise Stale(_("两步验证刚刚被关闭。"), hint=_("请重新登录。"))
    record_account_event(actor=actor, action=f"{FACTOR}:renew_codes", user_id=user.pk)
    return _replace_recovery_codes(factor)


@transaction.atomic
def switch_off_second_factor(*, actor: AuditActor, user: User) -> bool:
    """Switch the second factor off, for the user or an administrator; return False when it was off already.

    The caller must have checked password and code, or the administrator's right. Every session ends.
    """
    if not SecondFactor.objects.filter(user=user).delete()[0]:
        return False
    end_sessions(user)
    is_own = actor.user_id == user.pk
    record_account_event(
        actor=actor, action=f"{FACTOR}:{'switch_off' if is_own else 'reset'}", user_id=user.pk
    )
    return True
