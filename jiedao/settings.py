"""All settings, read once from the environment.

A value that cannot be read is an error at start, never a silent default. Town policy (deadlines, categories,
weights) is pack data and does not belong here.
"""

import contextlib
import os
import secrets
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, IPvAnyNetwork, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """The environment variables `JIEDAO_*`; each secret also as `JIEDAO_*_FILE`."""

    model_config = SettingsConfigDict(env_prefix="JIEDAO_", extra="ignore")

    data: Path = Path("data")
    database_url: str = ""
    debug: bool = False
    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None
    field_key: SecretStr | None = None
    field_key_file: Path | None = None
    allowed_hosts: list[str] = Field(default_factory=lambda: ["localhost", "127.0.0.1", "[::1]"])
    trusted_origins: list[str] = Field(default_factory=list)
    https: bool = False
    proxies: int = Field(default=0, ge=0, le=9)
    idle_minutes: int = Field(default=30, ge=1, le=480)
    digest: str = "sha256"
    database_pool: int = 6
    upload_mb: int = 20
    metrics_allow: list[IPvAnyNetwork] = Field(
        default_factory=lambda: [ip_network("127.0.0.0/8"), ip_network("::1")]
    )
    log_json: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def read_environment() -> Environment:
    """Read the environment; raise ImproperlyConfigured naming the variable and what it should hold."""
    try:
        return Environment()
    except ValueError as fault:
        raise ImproperlyConfigured(f"Unreadable JIEDAO_* environment variable: {fault}") from fault


def read_secret(name: str, value: SecretStr | None, file: Path | None, fallback: Path) -> str:
    """Return the secret from its variable, its file, or one made once beside the embedded data."""
    if value is not None:
        return value.get_secret_value()
    if file is not None:
        try:
            return file.read_text().strip()
        except OSError as fault:
            raise ImproperlyConfigured(f"JIEDAO_{name}_FILE: cannot read {file}: {fault.strerror}") from fault
    if not fallback.exists():
        fallback.parent.mkdir(parents=True, exist_ok=True)
        mine = fallback.with_name(f"{fallback.name}.{os.getpid()}")
        mine.touch(mode=0o600)
        mine.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(
            FileExistsError
        ):  # of two processes that start at once the first one's is kept
            os.link(mine, fallback)
        mine.unlink()
    return fallback.read_text().strip()


def read_database(url: str, data: Path, pool: int) -> dict[str, Any]:
    """Return Django's database dictionary for a `postgresql://` or `sqlite:///` address."""
    if not url:
        url = f"sqlite:///{data / 'jiedao.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]),
            # Opening costs 1.4 ms, half of a list: each thread keeps its connection, and 13 caches stay small.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192; "
                "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme in {"postgresql", "postgres"}:
        extra: dict[str, Any] = dict(parse_qsl(parts.query))
        host = extra.pop("host", None) or parts.hostname or ""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(host),
            "PORT": str(parts.port or extra.pop("port", "") or ""),
            "OPTIONS": {
                # With PostgreSQL's value for spinning disks the planner reads a list of one state and category by the
                # primary key backwards, past all newer cases: 10 ms at half a million cases, against 0.3 ms. And our
                # statements are short: compiling one costs more than it saves (a month of the board, 1.9 s and 1.2 s).
                "options": "-c random_page_cost=1.1 -c jit=off",
                **extra,
                "pool": {"min_size": 1, "max_size": pool, "timeout": 30},
                "server_side_binding": True,
                "prepare_threshold": 1,
            },
        }
    raise ImproperlyConfigured(
        f"JIEDAO_DATABASE_URL: unknown scheme {parts.scheme!r}; use postgresql://... or sqlite:///PATH"
    )


BASE_DIR = Path(__file__).resolve().parent
env = read_environment()

JIEDAO_DATA = env.data.resolve()
DEBUG = env.debug
SECRET_KEY = read_secret("SECRET_KEY", env.secret_key, env.secret_key_file, JIEDAO_DATA / "secret_key")
JIEDAO_FIELD_KEY = (
    read_secret("FIELD_KEY", env.field_key, env.field_key_file, JIEDAO_DATA / "field_key")
    if env.field_key or env.field_key_file
    else SECRET_KEY
)
JIEDAO_DIGEST = env.digest
JIEDAO_PROXIES = env.proxies
JIEDAO_IDLE_MINUTES = env.idle_minutes
JIEDAO_UPLOAD_BYTES = env.upload_mb * 1024 * 1024
ALLOWED_HOSTS = env.allowed_hosts
CSRF_TRUSTED_ORIGINS = env.trusted_origins

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "csp",
    "treebeard",
    "jiedao.kernel",
    "jiedao.audit",
    "jiedao.accounts",
    "jiedao.places",
    "jiedao.orgs",
    "jiedao.files",
    "jiedao.notices",
    "jiedao.tasks",
    "jiedao.cases",
    "jiedao.projects",  # before registers: the plan of a pack lists the kinds of rows in this order
    "jiedao.registers",
    "jiedao.pages",
    "jiedao.desk",
    "jiedao.api",
    "jiedao.exchange",
    "jiedao.packs",
    "jiedao.backup",
    "jiedao.demo",
]

MIDDLEWARE = [
    "jiedao.kernel.observing.RequestObserver",
    "jiedao.kernel.health.Probes",
    "django.middleware.security.SecurityMiddleware",
    "jiedao.api.lane.ApiLane",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "jiedao.accounts.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "jiedao.pages.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "jiedao.urls"
WSGI_APPLICATION = "jiedao.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "jiedao.desk.context.add_page_context",
            ],
        },
    },
]

DATABASES = {"default": read_database(env.database_url, JIEDAO_DATA, env.database_pool)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name")},
    },
    {"NAME": "jiedao.accounts.validators.LengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},  # a telephone number
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "desk:home"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "jiedao.accounts.views.locked_out"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # what the person was told about the end stays true
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # the audit keeps it
AXES_CLIENT_IP_CALLABLE = "jiedao.kernel.requests.get_client_address"
AXES_VERBOSE = False
AXES_CLIENT_STR_CALLABLE = "jiedao.kernel.logs.describe_client_without_name"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.https
CSRF_FAILURE_VIEW = "jiedao.kernel.views.csrf_failure"
if env.https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "worker-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = JIEDAO_DATA / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MIMETYPES = {
    ".geojson": "application/geo+json",
    ".webmanifest": "application/manifest+json",
    ".mjs": "text/javascript",
}
DATA_UPLOAD_MAX_MEMORY_SIZE = JIEDAO_UPLOAD_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

JIEDAO_METRICS_ALLOW = env.metrics_allow
JIEDAO_LOG_JSON = env.log_json
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "jiedao.kernel.logs.TextFormatter"},
        "json": {"()": "jiedao.kernel.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json" if env.log_json else "text"}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "jiedao": {"level": env.log_level},
        "django.request": {"level": "ERROR"},  # a refusal has its access line already
    },
}
