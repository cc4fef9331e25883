"""Django's settings, all derived from the environment (`passage.config.env`)."""

from pathlib import Path

from passage.config.data_folder import open_data_folder
from passage.config.databases import databases
from passage.config.env import find_secret_key, read_env
from passage.config.logs import logging_settings

ENV = read_env()
DATA = open_data_folder(env=ENV)
PACKAGE = Path(__file__).resolve().parent.parent

DEBUG = ENV.debug
SECRET_KEY = find_secret_key(env=ENV, folder=DATA)
SECRET_KEY_FALLBACKS = [key.get_secret_value() for key in ENV.secret_key_fallbacks]
ALLOWED_HOSTS = ENV.hosts
PASSAGE_URL = ENV.url

ROOMS = [
    "ui",
    "programme",
    "audit",
    "outbox",
    "members",
    "products",
    "cards",
    "ledger",
    "earning",
    "rewards",
    "imports",
    "purchases",
    "journal",
    "trials",
    "privacy",
    "reports",
    "archive",
    "backups",
    "seals",
]
DOORS = ["website", "office", "till", "portal", "api", "connectors.receipts"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    *[f"passage.{room}" for room in [*ROOMS, *DOORS]],
    "passage.config",
]

MIDDLEWARE = [
    "passage.config.requests.Requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "passage.ui.csp.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "passage.website.presence.Presence",
    "passage.website.empty.NoEmptyPage",
    "passage.website.unavailable.Unavailable",
]

ROOT_URLCONF = "passage.config.urls"
WSGI_APPLICATION = "passage.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "passage.ui.context.page",
                "passage.website.invited.told",
            ]
        },
    }
]

DATABASES = databases(env=ENV, folder=DATA)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who signs in, and how a password is kept.
AUTH_USER_MODEL = "programme.Login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Second factors, passkeys and the list of sessions are django-allauth's; its own pages are not mounted (decision 0019).
# Nobody signs up for a log-in: it is made by somebody who knows the person, so no address waits to be proven.
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "passage.logins.adapter.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/home"
LOGOUT_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "passage.website.views.stale_form"

# Mail: handed over by the worker; without a mail server it is kept (`passage.outbox`).
SENDS_MAIL = ENV.mail_server is not None
SHOWS_MAIL = ENV.passage_show_mail
EMAIL_TIMEOUT = 20
# Whom strangers may write to, and whether they may begin a programme of their own.
CONTACT = ENV.passage_contact
SIGN_UP = ENV.passage_sign_up
if ENV.mail_server:
    EMAIL_HOST, EMAIL_PORT = ENV.mail_server.host, ENV.mail_server.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ENV.mail_server.user, ENV.mail_server.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = ENV.mail_server.tls == "tls", ENV.mail_server.tls == "starttls"
if ENV.passage_mail_from:
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.passage_mail_from

# Where the worker puts backups; None where it makes none.
BACKUPS = ENV.passage_backup_dir

# Language and time: each programme has its own time zone; the server keeps to UTC.
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
# Each in its own words: whoever looks for a language cannot read the others.
LANGUAGES = [("fr", "Français"), ("pl", "Polski"), ("en", "English")]
# In a checkout the catalogues lie beside the package, in an installed wheel inside it.
LOCALE_PATHS = [path for path in (PACKAGE.parent / "locale", PACKAGE / "locale") if path.is_dir()]

# Static files: the bundler names them by their content, so nothing renames or collects them again.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"/dist/.+-[A-Z0-9]{8}\."

# A request that is larger is refused before it is read; the sync batch of a till is the largest there is.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# Files are not part of that: they are counted as they arrive, and a page that takes large ones says so itself.
FILE_UPLOAD_HANDLERS = [
    "passage.ui.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Behind https everything that can insist on it does; on one's own machine plain http must still sign in.
SESSION_ENGINE = "passage.logins.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENV.is_https
SESSION_COOKIE_NAME = "__Host-session" if ENV.is_https else "session"
CSRF_COOKIE_SECURE = ENV.is_https
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "__Host-csrf" if ENV.is_https else "csrf"
CSRF_FAILURE_VIEW = "passage.website.views.stale_form"
CSRF_TRUSTED_ORIGINS = [ENV.url] if ENV.is_https else []
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SECURE = ENV.is_https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = ENV.is_https
# The machine that asks whether we are well asks from inside, without a certificate.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENV.is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENV.is_https
TRUST_PROXY = ENV.trust_proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.trust_proxy else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

METRICS_TOKEN = ENV.passage_metrics_token.get_secret_value() if ENV.passage_metrics_token else ""
LOGGING = logging_settings(style=ENV.log_format, level=ENV.log_level, tells_all=ENV.debug)
