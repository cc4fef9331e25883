"""A setting that cannot be used stops the start, with its name and the remedy."""

import stat
from dataclasses import astuple
from pathlib import Path

import pytest

from passage.config.data_folder import open_data_folder
from passage.config.env import REMEDIES, Env, MailServer, Refused, find_secret_key, read_env

LONG = "k" * 50


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT", "eighty", "PORT cannot be used"),
        ("PORT", "70000", "PORT cannot be used"),
        ("DEBUG", "perhaps", "DEBUG cannot be used"),
        ("DATABASE_URL", "mysql://root@db/passage", "only PostgreSQL and SQLite are supported"),
        ("SECRET_KEY", "short", "the key is too short"),
        ("SECRET_KEY_FALLBACKS", f"{LONG},short", "one of the keys is too short"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS cannot be used"),
        ("ALLOWED_HOSTS", "https://loyalty.example.org", "a host is a name"),
        ("BIND", "everywhere", "write the IP address to listen on"),
        ("PASSAGE_URL", "http://loyalty.example.org", "would travel unprotected"),
        ("PASSAGE_URL", "loyalty.example.org", "the address is not one"),
        ("LOG_FORMAT", "xml", "write console or json"),
        ("WEB_THREADS", "0", "WEB_THREADS cannot be used"),
        ("PASSAGE_SMTP_URL", "mail.example.org", "this is not the address of a mail server"),
        ("PASSAGE_SMTP_URL", "smtp://me:secret@mail.example.org/?tls=none", "the password would travel unprotected"),
        ("PASSAGE_SMTP_URL", "smtp://mail.example.org/?ssl=1", "after the question mark only"),
        ("PASSAGE_MAIL_FROM", "somebody", "PASSAGE_MAIL_FROM cannot be used"),
        ("PASSAGE_CONTACT", "somebody", "PASSAGE_CONTACT cannot be used"),
        ("PASSAGE_SIGN_UP", "on", "nobody could confirm an address without mail"),
        ("PASSAGE_BACKUP_DIR", "/var/backups", "none is set"),
        ("PASSAGE_BACKUP_PASSPHRASE", "short", "it is too short"),
        ("PASSAGE_BACKUP_PASSPHRASE_FILE", "/nowhere/at/all", "cannot be read"),
        ("PASSAGE_BACKUP_KEEP", "7", "PASSAGE_BACKUP_KEEP cannot be used"),
        ("PASSAGE_BACKUP_KEEP", "7,4,-1", "never below 0"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Refused) as refused:
        read_env()
    assert str(refused.value).startswith(variable)
    assert said in str(refused.value)


def test_a_refusal_never_shows_the_secret_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    with pytest.raises(Refused) as refused:
        read_env()
    assert "hunter2" not in str(refused.value)


def test_a_passphrase_comes_from_a_file_that_does_not_lie_beside_what_it_opens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "backups").mkdir()
    for place, is_refused in ((tmp_path / "passphrase", False), (tmp_path / "backups/passphrase", True)):
        place.write_text("a sentence that nobody guesses\n")
        monkeypatch.setenv("PASSAGE_BACKUP_PASSPHRASE_FILE", str(place))
        monkeypatch.setenv("PASSAGE_BACKUP_DIR", str(tmp_path / "backups"))
        if is_refused:
            with pytest.raises(Refused, match="would lie beside"):
                read_env()
        else:
            assert read_env().backup_passphrase == "a sentence that nobody guesses"
            assert "sentence" not in repr(read_env())


def test_a_refused_passphrase_is_one_line_and_does_not_show_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PASSAGE_BACKUP_DIR", str(tmp_path))
    monkeypatch.setenv("PASSAGE_BACKUP_PASSPHRASE", "hunter2")
    with pytest.raises(Refused) as refused:
        read_env()
    assert str(refused.value).startswith("PASSAGE_BACKUP_PASSPHRASE cannot be used (it is too short)")
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_setting_has_a_remedy() -> None:
    assert {name.upper() for name in Env.model_fields} == set(REMEDIES)


def test_on_ones_own_machine_plain_http_and_local_names_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    env = read_env()
    assert (env.url, env.is_https) == ("http://127.0.0.1:8123", False)
    assert env.hosts == ["127.0.0.1", "localhost", "[::1]"]


def test_behind_https_only_the_names_given_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSAGE_URL", "https://loyalty.example.org/")
    monkeypatch.setenv("ALLOWED_HOSTS", "till.example.org")
    env = read_env()
    assert (env.url, env.is_https) == ("https://loyalty.example.org", True)
    assert env.hosts == ["till.example.org", "loyalty.example.org"]


def test_the_key_is_made_once_and_kept_to_this_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("PASSAGE_DATA", str(tmp_path / "passage"))
    env = read_env()
    folder = open_data_folder(env=env)
    key = find_secret_key(env=env, folder=folder)
    assert len(key) >= 50
    assert find_secret_key(env=env, folder=folder) == key
    assert stat.S_IMODE((folder / "secret-key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["secret-key"]


def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(Refused, match=r"SECRET_KEY cannot be used .* is damaged"):
        find_secret_key(env=read_env(), folder=tmp_path)


def test_a_data_folder_that_is_a_file_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PASSAGE_DATA", str(tmp_path / "file"))
    with pytest.raises(Refused, match="PASSAGE_DATA cannot be used"):
        open_data_folder(env=read_env())


def test_a_mail_server_needs_a_sender_and_no_message_tells_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSAGE_SMTP_URL", "smtp://me:hunter2@mail.example.org")
    with pytest.raises(Refused) as refused:
        read_env()
    assert str(refused.value).startswith("PASSAGE_MAIL_FROM cannot be used (mail needs a sender)")
    monkeypatch.setenv("PASSAGE_SMTP_URL", "smtp://me:hunter2@mail.example.org/?tls=none")
    with pytest.raises(Refused) as refused:
        read_env()
    assert "hunter2" not in str(refused.value)
    monkeypatch.setenv("PASSAGE_SMTP_URL", "smtp://me:hunter2@mail.example.org")
    monkeypatch.setenv("PASSAGE_MAIL_FROM", "loyalty@example.org")
    assert "hunter2" not in repr(read_env()) + repr(read_env().mail_server)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://me:p%40ss@mail.example.org", ("mail.example.org", 587, "me", "p@ss", "starttls")),
        ("smtp://me:x@mail.example.org:2525/?tls=starttls", ("mail.example.org", 2525, "me", "x", "starttls")),
        ("smtps://me:x@mail.example.org", ("mail.example.org", 465, "me", "x", "tls")),
        ("smtp://relay.example.org/?tls=none", ("relay.example.org", 25, "", "", "none")),
        ("smtp://me:x@localhost:2525/?tls=none", ("localhost", 2525, "me", "x", "none")),
    ],
)
def test_the_address_of_a_mail_server_says_how_to_reach_it(url: str, server: tuple[object, ...]) -> None:
    assert astuple(MailServer.read(url)) == server


def test_mail_is_shown_on_ones_own_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSAGE_SHOW_MAIL", "1")
    assert read_env().passage_show_mail
    for variable, value in (("PASSAGE_URL", "https://loyalty.example.org"), ("BIND", "0.0.0.0")):
        monkeypatch.setenv(variable, value)
        with pytest.raises(Refused, match="could read the mails of others"):
            read_env()
        monkeypatch.delenv(variable)


def test_what_the_environment_leaves_out_is_read_from_the_folder_of_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "database_url").write_text("postgresql://passage:hidden@database/passage\n")
    (tmp_path / "secret_key").write_text(LONG)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SECRET_KEY", "n" * 50)
    env = read_env()
    assert env.database_url == "postgresql://passage:hidden@database/passage"
    assert env.secret_key is not None
    assert env.secret_key.get_secret_value() == "n" * 50
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "gone"))
    assert read_env().database_url == ""


def test_a_secret_that_cannot_be_read_is_told_with_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "database_url").write_bytes(b"postgresql://\xff")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(Refused, match="CREDENTIALS_DIRECTORY"):
        read_env()
