"""Settings. Everything that differs between installations comes from the environment.

``DATABASE_URL``      a PostgreSQL server; without it the embedded server of this checkout
``DENGHUO_VAR``       folder for data, keys, files and logs (default: ``var`` in the checkout)
``DENGHUO_SECRET``    signing secret; without it one is made once and kept in ``DENGHUO_VAR``
``DENGHUO_HOSTS``     comma-separated host names the product answers to
``DENGHUO_DEMO``      1 shows the one-click sign-in and the style guide
``DENGHUO_LIVE_URL``  public address of the live stream, when a proxy stands before it
``DENGHUO_EMBEDDER``  what turns questions into vectors for the search: nano, remote or none
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from denghuo.config.env import database_from_url, flag, secret_from

ROOT = Path(__file__).resolve().parents[3]
SRC = Path(__file__).resolve().parents[1]
VAR = Path(os.environ.get("DENGHUO_VAR") or ROOT / "var")

DEBUG = flag("DENGHUO_DEBUG")
DEMO = flag("DENGHUO_DEMO")
SECRET_KEY = os.environ.get("DENGHUO_SECRET") or secret_from(VAR / "secret")
ALLOWED_HOSTS = [h for h in os.environ.get("DENGHUO_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("DENGHUO_ORIGINS", "").split(",") if o]
SECURE = flag("DENGHUO_HTTPS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "django_htmx",
    "csp",
    "denghuo.core",
    "denghuo.web",
    "denghuo.apps.accounts",
    "denghuo.apps.channels",
    "denghuo.apps.catalogue",
    "denghuo.apps.customers",
    "denghuo.apps.grid",
    "denghuo.apps.knowledge",
    "denghuo.apps.contacts",
    "denghuo.apps.requests",
    "denghuo.apps.field",
    "denghuo.apps.safety",
    "denghuo.apps.teams",
    "denghuo.apps.assistant",
    "denghuo.apps.workforce",
    "denghuo.apps.floor",
    "denghuo.apps.metrics",
    "denghuo.apps.exchange",
    "denghuo.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "denghuo.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "denghuo.apps.accounts.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "denghuo.core.http.middleware.ActionErrorMiddleware",
]

ROOT_URLCONF = "denghuo.config.urls"
WSGI_APPLICATION = "denghuo.config.wsgi.application"
AUTH_USER_MODEL = "accounts.Staff"
AUTHENTICATION_BACKENDS = ["denghuo.apps.accounts.backend.StaffBackend"]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "accounts:home"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "denghuo.web.context.page",
            ],
        },
    },
]

DATABASES = {"default": database_from_url(os.environ.get("DATABASE_URL"))}
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("DENGHUO_TEST_DB", "test_denghuo")}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [SRC / "web" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS: list[Path] = []
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "denghuo.web.finders.NpmAllowListFinder",
]
NODE_MODULES = ROOT / "node_modules"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
FILES_ROOT = VAR / "files"

SESSION_COOKIE_NAME = "denghuo_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LIVE_PORT = int(os.environ.get("DENGHUO_LIVE_PORT", "9560"))
LIVE_URL = os.environ.get("DENGHUO_LIVE_URL", "")
LIVE_TOKEN_MAX_AGE = 12 * 3600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF, LIVE_URL]
        if LIVE_URL
        else [SELF, f"http://127.0.0.1:{LIVE_PORT}", f"http://localhost:{LIVE_PORT}"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "denghuo.core.privacy.logs.RedactingFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["redact"],
        }
    },
    "root": {
        "handlers": ["console"],
        "level": os.environ.get("DENGHUO_LOG_LEVEL", "WARNING"),
    },
}

PGHISTORY_APPEND_ONLY = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SILENCED_SYSTEM_CHECKS: list[str] = []
