"""Django's settings, all from the environment: docs/configuration.md has the table."""

from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.contrib.messages import constants as message_levels

from . import database, environment

BASE_DIR = environment.SOURCE
DATA_DIR = environment.make_folder(environment.data_folder())

# Where it is reached

IAMSITE_HOST = environment.text("IAMSITE_HOST", "127.0.0.1")
IAMSITE_PORT = environment.number("IAMSITE_PORT", 8000, 1, 65535)
IAMSITE_URL = environment.address("IAMSITE_URL", IAMSITE_HOST, IAMSITE_PORT)
HTTPS = urlsplit(IAMSITE_URL).scheme == "https"
# Plain http is what the portal itself speaks, so with https there is a proxy in front of it.
IAMSITE_TRUSTED_PROXIES = environment.networks("IAMSITE_TRUSTED_PROXIES") or (
    ["127.0.0.1", "::1"] if HTTPS else []
)

# The Host names that the browser's pages answer to
ALLOWED_HOSTS = [
    environment.host_of(IAMSITE_URL),
    "localhost",
    "127.0.0.1",
    "[::1]",
    *environment.names("IAMSITE_ALLOWED_HOSTS"),
]
CSRF_TRUSTED_ORIGINS = [IAMSITE_URL]

# Networks of identity providers, besides the public ones

IAMSITE_IDP_ALLOW_NETWORKS = environment.networks("IAMSITE_IDP_ALLOW_NETWORKS")

# What the FIDO Alliance says of makes of security keys

IAMSITE_FIDO_METADATA = environment.file("IAMSITE_FIDO_METADATA")
IAMSITE_FIDO_METADATA_ROOT = environment.file("IAMSITE_FIDO_METADATA_ROOT")

# Email

IAMSITE_EMAIL_URL = environment.email("IAMSITE_EMAIL_URL")
EMAIL_TIMEOUT = 10
globals().update(IAMSITE_EMAIL_URL)  # EMAIL_BACKEND and what it needs
DEFAULT_FROM_EMAIL = environment.text(
    "IAMSITE_EMAIL_FROM", f"iamsite <iamsite@{environment.host_of(IAMSITE_URL)}>"
)

# Secrets

DEBUG = False
SECRET_KEY = environment.secret(
    "django-secret-key", "IAMSITE_SECRET_KEY", lambda: token_urlsafe(48)
)
IAMSITE_MASTER_KEY = environment.master_key()

# Applications

ROOT_URLCONF = "iamsite.urls"
WSGI_APPLICATION = "iamsite.wsgi.application"
AUTH_USER_MODEL = "accounts.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "iamsite",
    "accounts",
    "identities",
    "policies",
    "iamsite.console",
    "guardian",
    "rest_framework",
    "django_htmx",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian's: nobody acts anonymously
GUARDIAN_MONKEY_PATCH_USER = False

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "iamsite.console.middleware.ConsoleMiddleware",
]
APPEND_SLASH = False
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
MESSAGE_LEVEL = message_levels.INFO

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            ["django.template.loaders.filesystem.Loader"],
                        )
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "iamsite.console.context.shell",
            ],
        },
    }
]

# Data


def _django_database(login: database.Login, **options: str) -> dict[str, Any]:
    known = {"host", "port", "dbname", "user", "password", "options"}
    rest = {name: value for name, value in login.items() if name not in known}
    given = [login["options"]] if "options" in login else []
    return {
        "ENGINE": "iamsite.postgresql",
        "HOST": login.get("host", ""),
        "PORT": login.get("port", ""),
        "NAME": login["dbname"],
        "USER": login["user"],
        "PASSWORD": login.get("password", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "iamsite",
            "connect_timeout": 5,
            # Statements stay prepared on the server from their third use.
            "server_side_binding": True,
            "prepare_threshold": 2,
            "options": " ".join(
                [*given, *(f"-c {name}={value}" for name, value in options.items())]
            ),
            **rest,
        },
    }


DATABASES = {
    # Bound by row-level security; what every request uses.
    "default": _django_database(
        database.application(),
        statement_timeout="30s",
        lock_timeout="10s",
        idle_in_transaction_session_timeout="60s",
    ),
    # Owns the schema: migrations only.
    "owner": _django_database(database.owner()),
}
# What the application may do to a table, where that is less than to read and write it
TABLE_PRIVILEGES = {
    "django_migrations": ("SELECT",),
    "accounts_event": ("SELECT", "INSERT"),
    "accounts_trailhead": ("SELECT",),
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

USE_TZ = True
TIME_ZONE = "UTC"
# English, and what has a folder with its catalogues (docs/languages.md)
USE_I18N = True
LANGUAGE_CODE = "en"
LOCALE_PATHS = [environment.folder("IAMSITE_LOCALES", BASE_DIR / "locale")]
LANGUAGES = environment.languages(LANGUAGE_CODE, LOCALE_PATHS[0])

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# What keeps people's keys safe

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# A browser's session ends when it is idle for so long, and in any case after the whole time.
CONSOLE_SESSION_IDLE_SECONDS = environment.number("IAMSITE_SESSION_IDLE", 3600, 60, 43_200)
CONSOLE_SESSION_SECONDS = environment.number("IAMSITE_SESSION_LENGTH", 43_200, 60, 43_200)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_FAILURE_VIEW = "iamsite.console.errors.csrf_failure"
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
if environment.host_of(IAMSITE_URL) in {"localhost", "127.0.0.1", "[::1]"} and not HTTPS:
    # Nobody else hears plain http on the loopback interface, and browsers hold it secure: no HSTS,
    # no redirect to https, cookies without Secure.
    SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]

REST_FRAMEWORK: dict[str, Any] = {"URL_FORMAT_OVERRIDE": None}

# Logs: one JSON object a line on standard error

LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "iamsite.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": environment.choice("IAMSITE_LOG_LEVEL", *LEVELS)},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Refused requests are the audit trail's matter; only failures are logged.
        "django.request": {"level": "ERROR"},
        # Anybody can send a wrong Host; the answer says so, and the log is not theirs to fill.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
