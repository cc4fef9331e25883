"""What an installation may set: read from the environment, and from files where the machine hands secrets out as files."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import platformdirs
from django.core.exceptions import ImproperlyConfigured
from email_validator import validate_email
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

SHORTEST_KEY, SHORTEST_TOKEN = 50, 32
KEY_FILE = "secret-key"
SHORTEST_PASSPHRASE = 16
# The folder of secrets, by the name that systemd gives it; the image of the container sets it as well.
SECRETS = "CREDENTIALS_DIRECTORY"


class Refused(ImproperlyConfigured):
    """A setting that cannot be used. The text names the variable and the remedy, one line each."""


REMEDIES = {
    "PASSAGE_DATA": "name a folder that this account may write to",
    "DATABASE_URL": "write postgresql://NAME:PASSWORD@HOST:5432/DATABASE, or leave it out to use SQLite in PASSAGE_DATA",
    "SECRET_KEY": f"give at least {SHORTEST_KEY} random characters, or leave it out and one is made and kept in PASSAGE_DATA",
    "SECRET_KEY_FALLBACKS": f"separate the former keys by commas, each of at least {SHORTEST_KEY} characters",
    "ALLOWED_HOSTS": "separate host names by commas, without scheme or port, as in loyalty.example.org,shop.example.org",
    "DEBUG": "write 1 on a developer's machine, and leave it out everywhere else",
    "PORT": "write a whole number from 1 to 65535",
    "BIND": "write the IP address to listen on, as in 127.0.0.1 or 0.0.0.0",
    "WEB_THREADS": "write a whole number from 1 to 256",
    "PASSAGE_URL": "write the address that people open, as in https://loyalty.example.org; "
    "plain http is for this machine alone (http://127.0.0.1:8000)",
    "PASSAGE_SMTP_URL": "write smtp://NAME:PASSWORD@HOST:587 (STARTTLS), smtps://NAME:PASSWORD@HOST:465 (TLS), or "
    "smtp://HOST:25/?tls=none for a mail server that is this machine or asks for no password; "
    "write special characters of the password as %40 and so on",
    "PASSAGE_MAIL_FROM": "write the address that mails come from, as in loyalty@example.org",
    "PASSAGE_SHOW_MAIL": "write 1 for a demonstration on this machine alone, and leave it out everywhere else",
    "PASSAGE_CONTACT": "write the address that questions and requests for a demonstration go to, or leave it out",
    "PASSAGE_SIGN_UP": "write on or off; on needs PASSAGE_SMTP_URL, for the link that confirms an address",
    "PASSAGE_BACKUP_DIR": "name a folder that this account may write to, best on another disk or machine, and set "
    "PASSAGE_BACKUP_PASSPHRASE_FILE as well; or leave it out, and no backup is made by itself",
    "PASSAGE_BACKUP_PASSPHRASE": f"give at least {SHORTEST_PASSPHRASE} characters that nobody guesses, and keep them apart "
    "from the machine too",
    "PASSAGE_BACKUP_PASSPHRASE_FILE": "name a file outside PASSAGE_BACKUP_DIR that this account may read and that holds "
    f"nothing but the passphrase, of at least {SHORTEST_PASSPHRASE} characters",
    "PASSAGE_BACKUP_KEEP": "write how many daily, weekly and monthly backups stay, as in 7,4,12",
    "PASSAGE_WRITES_DIR": "name a folder that this account may write to, best on another disk than PASSAGE_DATA, or leave "
    "it out and the list of acknowledged writes is kept in PASSAGE_DATA",
    "PASSAGE_METRICS_TOKEN": f"give at least {SHORTEST_TOKEN} random characters without spaces, or leave it out for no /metrics",
    "TRUST_PROXY": "write 1 only behind a proxy that sets X-Forwarded-Proto itself on every request",
    "LOG_FORMAT": "write console or json",
    "LOG_LEVEL": "write DEBUG, INFO, WARNING or ERROR",
}


# Read by what builds and tests the program, and by `bin/`.
OUTSIDE = frozenset(
    f"PASSAGE_{name}"
    for name in ("SKIP_ASSETS", "PYTHON", "TEST_FILES", "TEST_COUNTS", "TEST_SHARED", "WRITE_DOCS", "DRAW_GUIDES")
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over. ``tls``: from the first byte (tls), from a command on (starttls), or not at all."""

    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)
    tls: str

    @classmethod
    def read(cls, url: str) -> MailServer:
        """Raises ValueError for what is no address of a mail server, and where a password would travel in the open."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("this is not the address of a mail server")
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        tls = "tls" if parts.scheme == "smtps" else asked.pop("tls", "starttls")
        if asked or tls not in {"tls", "starttls", "none"}:
            raise ValueError("after the question mark only tls=starttls or tls=none can stand")
        if tls == "none" and parts.username and not is_this_machine(host=parts.hostname):
            raise ValueError("the password would travel unprotected")
        port = parts.port or {"tls": 465, "starttls": 587, "none": 25}[tls]
        return cls(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)


class Env(BaseSettings):
    """Each field is the environment variable of the same name in capitals; the remedies above are its documentation."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    passage_data: Path = Field(default_factory=lambda: platformdirs.user_data_path("passage"))
    database_url: str = ""
    secret_key: SecretStr | None = None
    secret_key_fallbacks: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    debug: bool = False
    port: int = Field(default=8000, ge=1, le=65535)
    bind: str = "127.0.0.1"
    web_threads: int = Field(default=8, ge=1, le=256)
    passage_url: str = ""
    passage_smtp_url: SecretStr | None = None
    passage_mail_from: str = Field(default="", validate_default=True)
    passage_show_mail: bool = False
    passage_contact: str = ""
    passage_sign_up: bool = False
    passage_backup_passphrase: SecretStr | None = None
    passage_backup_passphrase_file: Path | None = None
    passage_backup_dir: Path | None = Field(default=None, validate_default=True)
    passage_writes_dir: Path | None = None
    passage_backup_keep: Annotated[tuple[int, int, int], NoDecode] = (7, 4, 12)
    passage_metrics_token: SecretStr | None = None
    trust_proxy: bool = False
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("allowed_hosts", "secret_key_fallbacks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts_are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if any("/" in host or host == "*" for host in hosts):
            raise ValueError("a host is a name, not an address, and * would let any site speak for this one")
        return hosts

    @field_validator("secret_key")
    @classmethod
    def _key_is_long(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError("the key is too short")
        return key

    @field_validator("secret_key_fallbacks")
    @classmethod
    def _former_keys_are_long(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < SHORTEST_KEY for key in keys):
            raise ValueError("one of the keys is too short")
        return keys

    @field_validator("passage_metrics_token")
    @classmethod
    def _token_is_long(cls, token: SecretStr | None) -> SecretStr | None:
        text = token.get_secret_value() if token else ""
        if text and (len(text) < SHORTEST_TOKEN or not text.isascii() or not text.isprintable() or " " in text):
            raise ValueError("the token is too short, or no header could carry it")
        return token if text else None

    @field_validator("bind")
    @classmethod
    def _bind_is_an_ip(cls, bind: str) -> str:
        return str(ipaddress.ip_address(bind))

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and parts.scheme not in {"postgresql", "postgres", "sqlite"}:
            raise ValueError("only PostgreSQL and SQLite are supported")
        if url and not parts.path.strip("/"):
            raise ValueError("it names no database")
        if parts.netloc.rpartition("@")[2].startswith(":"):
            raise ValueError("it names no host")
        return url

    @field_validator("passage_url")
    @classmethod
    def _url_is_safe(cls, url: str) -> str:
        parts = urlsplit(url)
        if not url or (parts.scheme == "https" and parts.hostname):
            return url.rstrip("/")
        if parts.scheme == "http" and parts.hostname and is_this_machine(host=parts.hostname):
            return url.rstrip("/")
        raise ValueError("passwords and points would travel unprotected, or the address is not one")

    @field_validator("passage_smtp_url")
    @classmethod
    def _post_is_safe(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None or not url.get_secret_value():
            return None
        MailServer.read(url.get_secret_value())
        return url

    @field_validator("passage_mail_from")
    @classmethod
    def _sender_is_an_address(cls, address: str, known: ValidationInfo) -> str:
        if not address and known.data.get("passage_smtp_url"):
            raise ValueError("mail needs a sender")
        if address:
            validate_email(address, check_deliverability=False, test_environment=True)
        return address

    @field_validator("passage_show_mail")
    @classmethod
    def _mail_is_shown_at_home(cls, shown: bool, known: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic calls it
        opened = urlsplit(known.data.get("passage_url") or "").hostname or "localhost"
        if shown and not all(is_this_machine(host=host) for host in (opened, known.data.get("bind", "localhost"))):
            raise ValueError("whoever opens this installation could read the mails of others")
        return shown

    @field_validator("passage_contact")
    @classmethod
    def _contact_is_an_address(cls, address: str) -> str:
        if address:
            validate_email(address, check_deliverability=False, test_environment=True)
        return address

    @field_validator("passage_sign_up")
    @classmethod
    def _sign_up_has_mail(cls, is_open: bool, known: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic calls it
        if is_open and not (known.data.get("passage_smtp_url") or known.data.get("passage_show_mail")):
            raise ValueError("nobody could confirm an address without mail")
        return is_open

    @field_validator("passage_backup_passphrase")
    @classmethod
    def _passphrase_is_long(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and len(given.get_secret_value()) < SHORTEST_PASSPHRASE:
            raise ValueError("it is too short")
        return given

    @field_validator("passage_backup_passphrase_file")
    @classmethod
    def _passphrase_is_there(cls, file: Path | None) -> Path | None:
        if file is not None and len(_passphrase_in(file)) < SHORTEST_PASSPHRASE:
            raise ValueError("the passphrase in it is too short")
        return file

    @field_validator("passage_backup_dir", mode="before")
    @classmethod
    def _backups_are_sealed(cls, folder: object, known: ValidationInfo) -> object:
        """Also where the passphrase itself was refused: that is then said of the passphrase."""
        if not folder:
            return None
        file = known.data.get("passage_backup_passphrase_file", Path())
        if file is None and known.data.get("passage_backup_passphrase", "refused") is None:
            raise ValueError("backups are made under a passphrase, and none is set")
        if file and file.absolute().is_relative_to(Path(str(folder)).absolute()):
            raise ValueError("the passphrase would lie beside what it opens")
        return Path(str(folder)).expanduser().absolute()

    @field_validator("passage_writes_dir", mode="before")
    @classmethod
    def _writes_have_a_place(cls, folder: object) -> object:
        return Path(str(folder)).expanduser().absolute() if folder else None

    @field_validator("passage_backup_keep", mode="before")
    @classmethod
    def _kept_are_counts(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",")) if isinstance(given, str) else given

    @field_validator("passage_backup_keep")
    @classmethod
    def _some_are_kept(cls, counts: tuple[int, int, int]) -> tuple[int, int, int]:
        if min(counts) < 0:
            raise ValueError("a number of backups is never below 0")
        return counts

    @property
    def backup_passphrase(self) -> str:
        """The one in the file where a file is named; empty where none is set."""
        if self.passage_backup_passphrase_file is not None:
            return _passphrase_in(self.passage_backup_passphrase_file)
        return self.passage_backup_passphrase.get_secret_value() if self.passage_backup_passphrase else ""

    @property
    def mail_server(self) -> MailServer | None:
        return MailServer.read(self.passage_smtp_url.get_secret_value()) if self.passage_smtp_url else None

    @property
    def url(self) -> str:
        """The address that people open, without a slash at its end."""
        return self.passage_url or f"http://127.0.0.1:{self.port}"

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        """The names this installation answers to: those given, the one people open, and on one's own machine its names."""
        mine = urlsplit(self.url).hostname or ""
        local = [] if self.is_https else ["127.0.0.1", "localhost", "[::1]"]
        return list(dict.fromkeys([*self.allowed_hosts, mine, *local]))


def _passphrase_in(file: Path) -> str:
    try:
        return file.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read ({getattr(error, 'strerror', None) or 'it is no text'})") from None


def is_this_machine(*, host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_env() -> Env:
    """The checked environment. Raises `Refused` with one line for each variable that cannot be used.

    What the environment leaves out is looked for as a file of that name in the folder of secrets, where there is one.
    """
    refuse_misspelt(os.environ)
    folder = Path(os.environ.get(SECRETS, ""))
    try:
        return Env(_secrets_dir=folder if folder.is_absolute() and folder.is_dir() else None)
    except ValidationError as error:
        raise Refused("\n".join(line(name=str(each["loc"][0]), why=each["msg"]) for each in error.errors())) from None
    except (OSError, SettingsError) as error:
        why = getattr(error, "strerror", None) or "a file of it is no text"
        raise Refused(f"{SECRETS} cannot be used ({folder}: {why}): let this account read the files in it.") from None


def refuse_misspelt(names: Iterable[str]) -> None:
    """A variable that is almost one of ours was meant to be it, and would be passed over in silence."""
    found = sorted((name, nearest) for name in names if (nearest := meant(name)))
    if found:
        lines = (f"{name} is no setting of Passage: did you mean {nearest}?" for name, nearest in found)
        raise Refused("\n".join(lines))


def meant(name: str) -> str:
    """The setting that ``name`` is almost, or nothing. Other programs may have names of their own that begin like ours."""
    if name in REMEDIES or name in OUTSIDE or not name.upper().startswith("PASSAGE_"):
        return ""
    ending = name.upper().removeprefix("PASSAGE_")
    endings = {known.removeprefix("PASSAGE_"): known for known in REMEDIES}
    return next((endings[near] for near in get_close_matches(ending, endings, n=1, cutoff=0.75)), "")


def line(*, name: str, why: str) -> str:
    """What is said of a variable that cannot be used."""
    variable = name.upper()
    return f"{variable} cannot be used ({why.removeprefix('Value error, ')}): {REMEDIES[variable]}."


def find_secret_key(*, env: Env, folder: Path) -> str:
    """The key given, else the one kept in the data folder, made on the first start and readable by this account alone."""
    if env.secret_key is not None:
        return env.secret_key.get_secret_value()
    kept = folder / KEY_FILE
    try:
        # Two processes may start at once: each writes its own draft, the first to link it decides for both.
        draft = folder / f".secret-key-{os.getpid()}"
        if not kept.exists():
            try:
                with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                    file.write(secrets.token_urlsafe(64))
                    file.flush()
                    os.fsync(file.fileno())
                with suppress(FileExistsError):
                    os.link(draft, kept)
            finally:
                draft.unlink(missing_ok=True)
        key = kept.read_text().strip()
    except OSError as error:
        raise Refused(line(name="SECRET_KEY", why=f"{kept}: {error.strerror}")) from None
    if len(key) < SHORTEST_KEY:
        raise Refused(line(name="SECRET_KEY", why=f"{kept} is damaged"))
    return key
