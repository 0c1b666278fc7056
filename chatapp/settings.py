"""All settings, typed and from the environment; `.env.example` documents every variable.

`PRODUCTION=1` refuses to start without its secrets. Everything else has a default that is safe on a loopback address.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit
from wsgiref.headers import Headers

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from chatapp import accounts_config, environment
from chatapp.keys import parse_master_keys
from chatapp.secret_files import SecretError

BASE_DIR = Path(__file__).resolve().parent.parent


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding space, or the default when unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """Whether the variable says yes (1, true, yes, on)."""
    return text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int, low: int = 0, high: int = 2**31) -> int:
    """The variable as a whole number within [low, high]."""
    value = text(name, str(default))
    if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def secret(name: str) -> str:
    """A secret from the variable or from the file that `<name>_FILE` names."""
    try:
        return environment.secret(name)
    except SecretError as error:
        raise ImproperlyConfigured(str(error)) from None


def secret_url(service: str) -> str:
    """A service's address, with its password from a variable or file of its own if that is set."""
    try:
        return environment.secret_url(service)
    except SecretError as error:
        raise ImproperlyConfigured(str(error)) from None


def required(name: str, why: str) -> str:
    """A secret that nothing works without."""
    if value := secret(name):
        return value
    raise ImproperlyConfigured(f"{name} is not set: {why} Use `make run` for a start that makes its own.")


PRODUCTION = flag("PRODUCTION")
DEBUG = flag("DEBUG") and not PRODUCTION
DATA_DIR = Path(text("DATA_DIR", str(BASE_DIR / "var")))

# Secrets
SECRET_KEY = required("SECRET_KEY", "it signs sessions.")
MASTER_KEYS = parse_master_keys(required("CHATAPP_MASTER_KEYS", "it encrypts everything people write."))

# Whoever has it may read /metrics; without one only this machine itself.
METRICS_TOKEN = secret("METRICS_TOKEN")

# Where people reach the site
HOST = text("HOST", "127.0.0.1")
PORT = number("PORT", 8000, 0, 65535)
WORKER_PORT = number("WORKER_PORT", 8001, 0, 65535)
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")
if PRODUCTION and not text("ALLOWED_HOSTS"):
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set: name the host people type into the browser.")
# Production is served over HTTPS, by a proxy that says so.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION and flag("SECURE_SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", 31536000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * number("SESSION_DAYS", 30, 1, 400)

INSTALLED_APPS = [
    *accounts_config.ACCOUNTS_APPS,
    "chatapp.web.admin_site.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    "csp",
    # After allauth: admin.py replaces one of its pages.
    "chatapp",
    "memory",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *accounts_config.ACCOUNTS_MIDDLEWARE,
]

ROOT_URLCONF = "chatapp.urls"
ASGI_APPLICATION = "chatapp.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                *accounts_config.CONTEXT_PROCESSORS,
            ],
        },
    },
]

AUTH_USER_MODEL = "chatapp.User"
AUTHENTICATION_BACKENDS = accounts_config.AUTHENTICATION_BACKENDS
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "new_chat"
globals().update(accounts_config.ALLAUTH)
TRUSTED_PROXIES = accounts_config.trusted_proxies(text("TRUSTED_PROXIES"))


def database(url: str) -> dict[str, Any]:
    """Django's settings for a `postgresql://` URL. Connections come from psycopg's pool."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgresql:// — Everthread needs PostgreSQL 15 or newer."
        )
    query = {
        name: unquote(value) for name, _, value in (pair.partition("=") for pair in parts.query.split("&")) if name
    }
    # The statements of a turn are prepared and planned once per connection: planning them costs more than they do.
    once = "-c plan_cache_mode=force_generic_plan"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "everthread",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": query.pop("port", "") or str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **query,
            "options": f"{query.get('options', '')} {once}".strip(),
            # For the statements that ask for it: the ORM's never do.
            "prepare_threshold": 0,
            "pool": {
                "min_size": 2,
                "max_size": number("DATABASE_POOL", 16, 4, 500),
                "timeout": 20,
                "reconnect_timeout": 2.0,
            },
        },
    }


required("DATABASE_URL", "it says which PostgreSQL keeps the data.")
DATABASE_URL = secret_url("DATABASE")
DATABASES = {"default": database(DATABASE_URL)}
# Carries events between processes; without it they poll the event log.
REDIS_URL = secret_url("REDIS")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Rate limits must hold over all web processes, so they live in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "chatapp_cache",
        # With the default of 300, anyone could push the counters of rate limits out.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
# An image has the collected ones only (`make static`); else they are found where they lie.
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static",) if folder.is_dir()]
SERVESTATIC_USE_FINDERS = not (PRODUCTION and (STATIC_ROOT / "dist").is_dir())
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_ALLOW_ALL_ORIGINS = False


def keep_chunks(headers: Headers, path: str, url: str) -> None:
    """The bundler puts a hash of the content into chunks' names, and fonts never change: browsers may keep them."""
    if re.search(r"/dist/(fonts/.+|[a-z]+-[A-Z0-9]{8}\.js)$", url):
        headers["Cache-Control"] = "max-age=31536000, public, immutable"


SERVESTATIC_ADD_HEADERS_FUNCTION = keep_chunks

# The strict policy: nothing inline without a nonce, nothing from elsewhere, HTML only through the page's own sanitiser.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["everthread", "dompurify"],
    },
}

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if email_url := secret("EMAIL_URL"):
    mail = urlsplit(email_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = mail.hostname or "localhost"
    EMAIL_USE_SSL = mail.scheme == "smtps"
    EMAIL_USE_TLS = not EMAIL_USE_SSL and mail.scheme == "smtp+tls"
    EMAIL_PORT = mail.port or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
    EMAIL_HOST_USER = unquote(mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(mail.password or "")
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "everthread@localhost")

# Models
OPENAI_API_KEY = secret("OPENAI_API_KEY")
OPENAI_BASE_URL = text("OPENAI_BASE_URL", "https://api.openai.com/v1")
DEMO = not (OPENAI_API_KEY or text("OPENAI_BASE_URL"))
OPENAI_MODEL = "demo" if DEMO else text("OPENAI_MODEL", "gpt-4o-mini")
# Makes memories be found by meaning too; the same endpoint and key.
OPENAI_EMBEDDING_MODEL = "" if DEMO else text("OPENAI_EMBEDDING_MODEL")
OPENAI_MODELS = [OPENAI_MODEL, *(name for name in words("OPENAI_MODELS") if name != OPENAI_MODEL and not DEMO)]
DEMO_TOKENS_PER_SECOND = number("DEMO_TOKENS_PER_SECOND", 60, 0, 100_000)
SYSTEM_PROMPT = text(
    "SYSTEM_PROMPT",
    "You are Everthread, a helpful assistant. Answer clearly and concisely, in the language of the question. "
    "Use Markdown where it helps.",
)
MODEL_STALL_SECONDS = number("MODEL_STALL_SECONDS", 30, 1, 3600)

# Threads and runs
MESSAGE_CHARS = number("MESSAGE_CHARS", 200_000, 1, 1_000_000)
WINDOW_MESSAGES = number("WINDOW_MESSAGES", 40, 40, 400)
WINDOW_TOKENS = number("WINDOW_TOKENS", 24_000, 1_000, 2_000_000)
QUEUED_MESSAGES = number("QUEUED_MESSAGES", 5, 0, 100)
CONCURRENT_RUNS = number("CONCURRENT_RUNS", 500, 0, 10_000)
USER_RUNS = number("USER_RUNS", 3, 0, 10_000)
TOTAL_RUNS = number("TOTAL_RUNS", 0, 0, 1_000_000)
COMMANDS_PER_SECOND = number("COMMANDS_PER_SECOND", 10, 0, 100_000)
COMMANDS_BURST = number("COMMANDS_BURST", 40, 1, 100_000)
SLOW_READER_SECONDS = number("SLOW_READER_SECONDS", 60, 1, 3600)
_durabilities: dict[str, Literal["sync", "async", "exit"]] = {"sync": "sync", "async": "async", "exit": "exit"}
if text("DURABILITY", "async") not in _durabilities:
    raise ImproperlyConfigured("DURABILITY must be sync, async or exit.")
DURABILITY = _durabilities[text("DURABILITY", "async")]
DRAIN_SECONDS = number("DRAIN_SECONDS", 20, 0, 600)
# How long a process told to end still serves, saying in /readyz that it leaves, so that a proxy turns elsewhere.
LEAVE_SECONDS = number("LEAVE_SECONDS", 0, 0, 60)
# Memory
# Of each request, for what is known of the user; and how many tools one answer may call.
MEMORY_TOKENS = number("MEMORY_TOKENS", 2_000, 100, 100_000)
TOOL_CALLS = number("TOOL_CALLS", 8, 0, 100)
TEMPORARY_HOURS = number("TEMPORARY_HOURS", 24, 1, 10_000)
MEMORY_LIMIT = number("MEMORY_LIMIT", 2_000, 1, 20_000)
MEMORY_TRASH_DAYS = number("MEMORY_TRASH_DAYS", 30, 1, 3_650)

# Retention
# Days after which a checkpoint that nothing leads to is deleted, and a thread of the trash; 0: never.
CHECKPOINT_DAYS = number("CHECKPOINT_DAYS", 30, 0, 36_500)
TRASH_DAYS = number("TRASH_DAYS", 30, 0, 36_500)

LEASE_SECONDS = 6
HEARTBEAT_SECONDS = 2
EVENT_HOURS = 1
FRAME_BYTES = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# What people import is private: up to this size it is held in memory, in no temporary file. A larger file is dropped.
IMPORT_BYTES = 8 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = IMPORT_BYTES + 64 * 1024

SILENCED_SYSTEM_CHECKS: list[str] = []

# Ids and exception classes, never content.
_formats: dict[str, dict[str, str]] = {
    "text": {"()": "chatapp.logs.ContentFree", "format": "{asctime} {levelname} {name} {message}", "style": "{"},
    "json": {"()": "chatapp.logs.Structured"},
}
if text("LOG_FORMAT", "text") not in _formats:
    raise ImproperlyConfigured("LOG_FORMAT must be text or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": _formats[text("LOG_FORMAT", "text")]},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": text("LOG_LEVEL", "INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # At DEBUG these write frames and conversations.
        "websockets": {"level": "WARNING"},
        "uvicorn.error": {"level": "WARNING"},
        "openai": {"level": "WARNING"},
        # The relay says in a line of its own when Redis is away.
        "channels_redis": {"level": "CRITICAL"},
        # Says at each failed turn that it did not revive the failure, which is as it should be.
        "langgraph.checkpoint.serde": {"level": "ERROR"},
    },
}
