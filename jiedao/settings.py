"""All settings, read once from the environment.

A value that cannot be read is an error at start, never a silent default. Town policy (deadlines, categories,
weights) is pack data and does not belong here.
"""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from jiedao.environment import (
    check_names,
    check_quotes,
    check_schema,
    check_sms_body,
    describe_faults,
    name_sessions,
    read_list,
    read_oidc,
    read_password,
    read_port,
    read_secret,
    read_table,
)


def check_host(host: str) -> str:
    """Return the host name; raise ValueError for an address, which Django would never match."""
    if not host or "/" in host or " " in host:
        raise ValueError(f"{host!r} is no host name; write it without https:// and without a path")
    return host


def check_origin(origin: str) -> str:
    """Return the origin; raise ValueError for one without a scheme."""
    if not origin.startswith(("https://", "http://")):
        raise ValueError(f"{origin!r} is no origin; it must begin with https://")
    return origin.rstrip("/")


def check_address(address: str) -> str:
    """Return the address without a slash at its end; raise ValueError for one that is not of a site."""
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(
            f"{address!r} is no address of a site; write it such as https://jiedao.example.gov.cn"
        )
    return address.rstrip("/")


def check_gateway(address: str) -> str:
    """Return the address of the gateway; raise ValueError unless it begins with a scheme and a host without marks."""
    parts = urlsplit(address)
    if address and (parts.scheme not in {"https", "http"} or not parts.hostname or "{" in parts.netloc):
        raise ValueError("write the address of the gateway with https:// and its host")
    return address


def check_pattern(pattern: str) -> str:
    """Return the regular expression; raise ValueError for one that cannot be read."""
    try:
        re.compile(pattern)
    except re.error as fault:
        raise ValueError(f"{pattern!r} is no regular expression: {fault}") from fault
    return pattern


Host = Annotated[str, AfterValidator(check_host)]
Origin = Annotated[str, AfterValidator(check_origin)]
SiteAddress = Annotated[str, AfterValidator(check_address)]
GatewayAddress = Annotated[str, AfterValidator(check_gateway)]
Pattern = Annotated[str, AfterValidator(check_pattern)]
Schema = Annotated[str, AfterValidator(check_schema)]
ReadList = BeforeValidator(read_list)


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
    allowed_hosts: Annotated[list[Host], NoDecode, ReadList] = Field(
        default_factory=lambda: ["localhost", "127.0.0.1", "[::1]"]
    )
    trusted_origins: Annotated[list[Origin], NoDecode, ReadList] = Field(default_factory=list)
    https: bool = False
    proxies: int = Field(default=0, ge=0, le=9)
    idle_minutes: int = Field(default=30, ge=1, le=480)
    digest: Literal["sha256", "sm3"] = "sha256"
    database_pool: int = Field(default=6, ge=1, le=100)
    database_schema: Schema = ""
    request_seconds: int = Field(default=120, ge=0, le=3600)  # 0: no limit
    upload_mb: int = Field(default=20, ge=1, le=500)
    address_failures: int = Field(default=30, ge=0, le=10_000)  # 0: no limit by address
    api_token_rate: int = Field(default=6000, ge=0, le=10_000_000)  # requests a minute; 0: no limit
    api_address_rate: int = Field(default=12_000, ge=0, le=10_000_000)
    metrics_allow: Annotated[list[IPvAnyNetwork], NoDecode, ReadList] = Field(
        default_factory=lambda: [ip_network("127.0.0.0/8"), ip_network("::1")]
    )
    oidc_discovery_url: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None
    oidc_scopes: Annotated[list[str], NoDecode, ReadList] = Field(
        default_factory=lambda: ["openid", "profile"]
    )
    oidc_match_claim: str = ""
    oidc_label: str = Field(default="", max_length=40)
    oidc_trusted_acr: Annotated[list[str], NoDecode, ReadList] = Field(default_factory=list)
    oidc_trusted_amr: Annotated[list[str], NoDecode, ReadList] = Field(default_factory=list)
    oidc_clock_skew: int = Field(default=60, ge=0, le=300)
    oidc_passwords: Literal["all", "administrators"] = "all"
    oidc_sign_out: bool = False
    oidc_ca_file: Path | None = None
    site_url: SiteAddress = ""
    mail_host: str = ""
    mail_port: int = Field(default=587, ge=1, le=65535)
    mail_user: str = ""
    mail_password: SecretStr | None = None
    mail_password_file: Path | None = None
    mail_tls: Literal["starttls", "tls", "none"] = "starttls"
    mail_from: str = ""
    sms_url: GatewayAddress = ""
    sms_method: Literal["POST", "PUT", "GET"] = "POST"
    sms_headers: Annotated[dict[str, str], NoDecode, BeforeValidator(read_table)] = Field(
        default_factory=lambda: {"Content-Type": "application/json"}
    )
    sms_body: str = '{"phone": "{phone}", "text": "{text}"}'
    sms_success: Pattern = ""
    sms_secret: SecretStr | None = None
    sms_secret_file: Path | None = None
    webhook_hosts: Annotated[list[Host], NoDecode, ReadList] = Field(default_factory=list)
    webhook_networks: Annotated[list[IPvAnyNetwork], NoDecode, ReadList] = Field(default_factory=list)
    office_networks: Annotated[list[IPvAnyNetwork], NoDecode, ReadList] = Field(default_factory=list)
    log_json: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def read_environment() -> Environment:
    """Read the environment; raise ImproperlyConfigured naming the variable and what it should hold."""
    check_names(os.environ, Environment.model_fields)
    check_quotes(os.environ)
    try:
        return Environment()
    except ValidationError as fault:
        raise ImproperlyConfigured(describe_faults(fault)) from None


def reveal(secret: SecretStr | None) -> str | None:
    """Return the text of a secret variable, None if it is not set."""
    return secret.get_secret_value() if secret is not None else None


def read_database(url: str, pool: int, schema: str = "") -> dict[str, Any]:
    """Return Django's database dictionary for a `postgresql://` or `sqlite:///` address.

    Args:
        schema: the schema of this office in a PostgreSQL database of several; "" for the user's default.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        if schema:
            raise ImproperlyConfigured(
                f"JIEDAO_DATABASE_SCHEMA={schema}: only PostgreSQL has schemas; set JIEDAO_DATABASE_URL to postgresql://..."
            )
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
        # With PostgreSQL's value for spinning disks the planner reads a list of one state and category by the primary
        # key backwards, past all newer cases: 10 ms at half a million cases, against 0.3 ms. And our statements are
        # short: compiling one costs more than it saves (a month of the board, 1.9 s and 1.2 s).
        options = ["-c random_page_cost=1.1 -c jit=off", extra.pop("options", "")]
        if schema:
            # The schema is last, so that no other option replaces it, and alone: a missing table is an error, and
            # never the table of another office. The name marks the sessions of an office.
            options.append(f"-c search_path={schema}")
            extra["application_name"] = name_sessions(schema)
        return {
            "ENGINE": "jiedao.kernel.postgresql",
            "SCHEMA": schema,
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(host),
            "PORT": str(read_port(parts) or extra.pop("port", "") or ""),
            "OPTIONS": {
                "connect_timeout": 3,
                **extra,
                "options": " ".join(filter(None, options)),
                # After a failure the pool tries again at the next request, not in pauses that grow to minutes.
                "pool": {"min_size": 1, "max_size": pool, "timeout": 30, "reconnect_timeout": 2},
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
database_address = env.database_url or f"sqlite:///{JIEDAO_DATA / 'jiedao.sqlite3'}"
JIEDAO_DATABASE_SCHEMA = env.database_schema
DATABASES = {"default": read_database(database_address, env.database_pool, JIEDAO_DATABASE_SCHEMA)}
database_place = database_address, JIEDAO_DATABASE_SCHEMA
SECRET_KEY = read_secret(
    "SECRET_KEY", reveal(env.secret_key), env.secret_key_file, JIEDAO_DATA / "secret_key", *database_place
)
JIEDAO_FIELD_KEY = (
    read_secret(
        "FIELD_KEY", reveal(env.field_key), env.field_key_file, JIEDAO_DATA / "field_key", *database_place
    )
    if env.field_key is not None or env.field_key_file is not None
    else SECRET_KEY
)
JIEDAO_DIGEST = env.digest
JIEDAO_PROXIES = env.proxies
JIEDAO_IDLE_MINUTES = env.idle_minutes
JIEDAO_REQUEST_SECONDS = env.request_seconds
JIEDAO_UPLOAD_BYTES = env.upload_mb * 1024 * 1024
JIEDAO_API_PATH = "/api/"  # below it, problems are answered with JSON
JIEDAO_OPEN311_PATH = "/open311/"  # below it, as GeoReport v2 has them
JIEDAO_PUBLIC_FORMS = ("/report/", "/follow/", JIEDAO_OPEN311_PATH)  # below them, visitors send photos
ALLOWED_HOSTS = env.allowed_hosts
CSRF_TRUSTED_ORIGINS = env.trusted_origins
JIEDAO_SITE_URL = env.site_url
JIEDAO_MAIL = {
    "host": env.mail_host,
    "port": env.mail_port,
    "user": env.mail_user,
    "password": read_password("MAIL_PASSWORD", reveal(env.mail_password), env.mail_password_file),
    "tls": env.mail_tls,
    "sender": env.mail_from,
}
if env.mail_host and "@" not in env.mail_from:
    raise ImproperlyConfigured(
        "JIEDAO_MAIL_FROM: write the address that mails come from, such as jiedao@example.gov.cn"
    )
JIEDAO_SMS = {
    "url": env.sms_url,
    "method": env.sms_method,
    "headers": env.sms_headers,
    "body": env.sms_body if env.sms_method != "GET" else "",
    "success": env.sms_success,
    "secret": read_password("SMS_SECRET", reveal(env.sms_secret), env.sms_secret_file),
}
if env.sms_url and env.sms_method != "GET":
    check_sms_body(env.sms_headers, env.sms_body)
JIEDAO_WEBHOOK = {"hosts": env.webhook_hosts, "networks": env.webhook_networks}
JIEDAO_OFFICE_NETWORKS = env.office_networks

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
    "jiedao.delivery",
    "jiedao.tasks",
    "jiedao.cases",
    "jiedao.projects",  # before registers: the plan of a pack lists the kinds of rows in this order
    "jiedao.registers",
    "jiedao.indicators",
    "jiedao.evaluation",
    "jiedao.reports",
    "jiedao.district",
    "jiedao.publishing",
    "jiedao.pages",
    "jiedao.desk",
    "jiedao.field",
    "jiedao.portal",
    "jiedao.api",
    "jiedao.exchange",
    "jiedao.fieldwork",
    "jiedao.packs",
    "jiedao.backup",
    "jiedao.demo",
]

MIDDLEWARE = [
    "jiedao.kernel.observing.RequestObserver",
    "jiedao.kernel.health.Probes",
    "jiedao.kernel.outages.OutageGuard",
    "jiedao.kernel.standstill.StandstillGuard",
    "django.middleware.security.SecurityMiddleware",
    "jiedao.kernel.headers.PermissionsPolicy",
    "jiedao.accounts.middleware.NoStore",
    "jiedao.api.lane.ApiLane",
    "jiedao.api.open311.lane.Open311Lane",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "jiedao.kernel.tiles.TileSourceAccess",
    "jiedao.accounts.middleware.Sessions",
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
        "OPTIONS": {
            "loaders": [
                ("jiedao.kernel.loaders.JoiningLoader", ["django.template.loaders.app_directories.Loader"])
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "jiedao.desk.context.add_page_context",
            ],
        },
    },
]

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
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},  # a phone number
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "desk:home"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "jiedao.accounts.views.locked_out"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the end that the page has shown stays true
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # the audit keeps it
AXES_CLIENT_IP_CALLABLE = "jiedao.kernel.requests.get_limit_address"
AXES_WHITELIST_CALLABLE = "jiedao.accounts.throttle.is_known_device"
AXES_VERBOSE = False
AXES_CLIENT_STR_CALLABLE = "jiedao.kernel.logs.describe_client_without_name"
SESSION_ENGINE = "jiedao.accounts.store"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.https
CSRF_FAILURE_VIEW = "jiedao.portal.problems.csrf_failure"
if env.https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_SSL_REDIRECT = True
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

JIEDAO_ADDRESS_FAILURES = env.address_failures
JIEDAO_API_TOKEN_RATE = env.api_token_rate
JIEDAO_API_ADDRESS_RATE = env.api_address_rate
JIEDAO_METRICS_ALLOW = env.metrics_allow
JIEDAO_OIDC = read_oidc(env)
JIEDAO_LOG_JSON = env.log_json
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "jiedao.kernel.logs.TextFormatter", "office": JIEDAO_DATABASE_SCHEMA},
        "json": {"()": "jiedao.kernel.logs.JsonFormatter", "office": JIEDAO_DATABASE_SCHEMA},
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
