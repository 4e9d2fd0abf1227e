"""Users, their second factor and their API tokens."""

import hashlib
import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from jiedao.kernel import clock
from jiedao.kernel.prepared import SOME_ID, PreparedQuery


class UserManager(BaseUserManager["User"]):
    """Creates users. There is no superuser: rights come only from posts."""

    def get(self, *conditions: Any, **values: Any) -> "User":
        """Return a user as every manager does; by the key, with which each request reads its user, prepared."""
        if conditions or values.keys() != {"pk"} or not isinstance(values["pk"], int):
            return super().get(*conditions, **values)
        user: User | None = USER_BY_KEY.fetch_first(values["pk"]) if 0 < values["pk"] < 2**31 else None
        if user is None:
            raise self.model.DoesNotExist
        return user

    def create_user(self, username: str, password: str | None, full_name: str) -> "User":
        """Create a user; with the password None the user cannot sign in."""
        user = self.model(username=username, full_name=full_name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of staff. Rights are held by posts (room `orgs`), never by the user."""

    username = models.CharField(_("账号"), max_length=40, unique=True)
    full_name = models.CharField(_("姓名"), max_length=60)
    phone = models.CharField(_("电话"), max_length=200, blank=True)  # encrypted by kernel.crypto
    is_active = models.BooleanField(_("启用"), default=True)
    is_demo = models.BooleanField(default=False)
    about = models.CharField(max_length=120, blank=True)  # the text beside a demonstration account
    about_en = models.CharField(max_length=200, blank=True)
    must_change_password = models.BooleanField(default=False)
    session_epoch = models.PositiveIntegerField(default=0)  # a higher value ends every session of the user
    created_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name"]

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        """Return the name shown to colleagues."""
        return self.full_name

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Bind sessions to the password, as Django does, and to `session_epoch`."""
        bound_to = f"{self.password}:{self.session_epoch}"
        return salted_hmac("jiedao.accounts.session", bound_to, secret=secret, algorithm="sha256").hexdigest()


USER_BY_KEY = PreparedQuery(lambda pk: User.objects.filter(pk=pk)[:1], SOME_ID)


class SecondFactor(models.Model):
    """The second factor of a user, one-time codes by RFC 6238; the row exists while it is switched on."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.CharField(max_length=200)  # encrypted by kernel.crypto
    # The 30-second step of the newest accepted code: codes of this and of earlier steps are refused.
    last_step = models.BigIntegerField()
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.user)


class RecoveryCode(models.Model):
    """A code that replaces the second factor once, stored as a keyed digest."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return str(self.pk)


def hash_token(secret: str) -> str:
    """Return the stored form of a token: SHA-256, 64 hex digits (the token itself has 256 random bits)."""
    return hashlib.sha256(secret.encode()).hexdigest()


class FailureCount(models.Model):
    """Failed sign-ins of an account, an address or a browser in the present window; see `throttle`."""

    key = models.CharField(max_length=80, unique=True)
    failures = models.PositiveIntegerField(default=0)
    since_at = models.DateTimeField()
    latest_at = models.DateTimeField()
    paused_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key


class ProviderAccount(models.Model):
    """A person's account at the office's OpenID provider; without a user it waits for an administrator to link it."""

    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)  # the provider's identifier, which never changes hands
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="provider_accounts")
    label = models.CharField(max_length=120, blank=True)  # how the provider names the person
    seen_at = models.DateTimeField(null=True, blank=True)  # the latest sign-in there
    created_at = models.DateTimeField(default=clock.real_now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="provider_account_once"),
            models.UniqueConstraint(fields=["issuer", "user"], name="provider_account_of_user"),
        ]

    def __str__(self) -> str:
        return self.label or self.subject


class ApiToken(models.Model):
    """A machine's key to the API; it acts as a user in that user's first post, within its scopes."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("用途"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)  # looked up by every API request
    # What it is good for, see `orgs.scopes`; None for every right of the post, as of tokens older than the scopes.
    scopes: Any = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The day in the town's time zone, written once a day.
    last_used_date = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(
        cls, user: User, name: str, expires_at: datetime | None = None, scopes: list[str] | None = None
    ) -> tuple["ApiToken", str]:
        """Create a token; return it and its secret, which is shown once and never stored."""
        secret = "jd_" + secrets.token_urlsafe(32)
        token = cls.objects.create(
            user=user,
            name=name,
            digest=hash_token(secret),
            expires_at=expires_at,
            scopes=scopes,
            created_at=clock.real_now(),
        )
        return token, secret
