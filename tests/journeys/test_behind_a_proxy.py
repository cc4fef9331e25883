"""Behind the shipped proxies nobody chooses the address that Passage believes, and the container knows whether it lives.

The head of each request is changed as the shipped file says, by a proxy of a few lines; where Caddy or nginx are on this
machine, they read their own file and do it themselves.
"""

from __future__ import annotations

import contextlib
import datetime
import http.client
import ipaddress
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from passage.programme import actions as programmes
from tests.cast import PASSWORD
from tests.house.reading import ROOT
from tests.proxies import CADDY, NGINX, Heads, read
from tests.races.test_workers import start

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "loyalty.example.org"
OUTSIDE = {"PASSAGE_URL": f"https://{NAME}", "TRUST_PROXY": "1"}
PATIENCE = 40
BEGINNINGS = 5  # wrong codes from one address before it waits
Ask = Callable[..., tuple[int, dict[str, str]]]


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, running: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("it does not answer")


@pytest.fixture(scope="module")
def served(django_db_setup) -> Iterator[int]:
    """The product's port, as it runs behind a proxy. One for all: each test calls from an address of its own."""
    port = a_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in OUTSIDE.items():
            patch.setenv(name, value)
        running = start("django", "serve", "--port", str(port))
    try:
        wait_for(port, running)
        yield port
    finally:
        running.terminate()
        running.wait(30)


def asked(connection: http.client.HTTPConnection, method: str, path: str, head, body: str = "") -> tuple[int, dict]:
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in head:
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    answer.read()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}


@contextlib.contextmanager
def a_small_proxy(heads: Heads, behind: int, *, caller: str) -> Iterator[Ask]:
    """Sets and drops what the shipped file sets and drops; everything else passes."""

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            known = {"address": self.client_address[0], "scheme": "https", "host": NAME, "id": "made-by-the-proxy"}
            ours = {"content-length", "connection"}
            head = [(name, value) for name, value in self.headers.items() if name.lower() not in ours]
            passed = http.client.HTTPConnection("127.0.0.1", behind, timeout=30)
            status, answer = asked(passed, self.command, self.path, heads.passed_on(head, known=known), body)
            self.send_response(status)
            for name in ("strict-transport-security", "location"):
                if name in answer:
                    self.send_header(name, answer[name])
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(method: str, path: str, head=(), body: str = "") -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, 30, (caller, 0))
        return asked(connection, method, path, [("Host", NAME), *head], body)

    try:
        yield ask
    finally:
        server.shutdown()
        server.server_close()


def guess(ask: Ask, *names: str) -> list[int]:
    """Wrong codes for a till, each as if from another place, told in headers of these names."""
    told = []
    for number in range(BEGINNINGS + 2):
        head = [("Content-Type", "application/json"), *((name, f"198.51.100.{number + 1}") for name in names)]
        told.append(ask("POST", "/api/v1/till/pairings", head, '{"code": "WRNG-CODE"}')[0])
    return told


NAMES = ["X-Forwarded-For", "x-forwarded-for", "X_Forwarded_For", "X-Forwarded_For", "Forwarded", "X-Real-IP"]


@pytest.mark.parametrize(("path", "caller"), [(CADDY, "127.0.0.2"), (NGINX, "127.0.0.3")], ids=["caddy", "nginx"])
def test_the_address_a_caller_claims_is_not_believed(served, path, caller):
    with a_small_proxy(read(path), served, caller=caller) as ask:
        assert guess(ask, *NAMES)[BEGINNINGS:] == [429, 429]


def test_a_proxy_that_passes_on_what_callers_claim_is_caught(served):
    lazy = Heads(set={"Host": "$host", "X-Forwarded-Proto": "$scheme"}, removed=frozenset(), drops_underscores=False)
    with a_small_proxy(lazy, served, caller="127.0.0.4") as ask:
        assert 429 not in guess(ask, "X-Forwarded-For")


def test_a_proxy_that_adds_to_what_callers_claim_is_believed_for_its_own_part_only(served):
    """Not what we ship, but what many have: the last address is the one the proxy itself saw."""

    class Adding(Heads):
        def passed_on(self, head, *, known):
            claimed = [value for name, value in head if name == "X-Forwarded-For"]
            rest = [(name, value) for name, value in head if name != "X-Forwarded-For"]
            return [*rest, ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", ", ".join([*claimed, known["address"]]))]

    with a_small_proxy(Adding({}, frozenset(), drops_underscores=True), served, caller="127.0.0.5") as ask:
        assert guess(ask, "X-Forwarded-For")[BEGINNINGS:] == [429, 429]


def test_behind_https_cookies_are_of_this_host_alone_and_browsers_stay_there(served):
    programmes.create_login(email="maria@example.org", password=PASSWORD, name="Maria")
    known = {"address": "127.0.0.8", "scheme": "https", "host": NAME, "id": "made-by-the-proxy"}
    head = read(NGINX).passed_on([("Content-Type", "application/x-www-form-urlencoded")], known=known)

    def ask(method: str, more=(), body: str = "") -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", served, timeout=30)
        connection.putrequest(method, "/sign-in", skip_host=True)
        for name, value in [*head, *more, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        return connection.getresponse()

    page = ask("GET")
    mark = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode()).group(1)
    told = page.headers.get_all("Set-Cookie")
    form = urlencode({"email": "maria@example.org", "password": PASSWORD, "csrfmiddlewaretoken": mark})
    more = [("Cookie", told[0].partition(";")[0]), ("Origin", f"https://{NAME}")]
    entered = ask("POST", more, form)
    assert entered.status == 302, entered.read()
    told += entered.headers.get_all("Set-Cookie")
    for cookie in told:
        kinds = {part.strip().partition("=")[0].lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite"} <= kinds, cookie
        assert "domain" not in kinds, cookie
    assert {"__Host-csrf", "__Host-session"} <= {cookie.partition("=")[0] for cookie in told}
    for answer in (page, entered):
        kept = answer.headers["Strict-Transport-Security"]
        assert int(re.search(r"max-age=(\d+)", kept).group(1)) >= 365 * 24 * 3600
        assert "includeSubDomains" in kept
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_container_asks_under_the_name_that_the_server_answers_to(served):
    def healthy(**more: str) -> int:
        env = {"PORT": str(served), "http_proxy": "http://127.0.0.1:9", **more}
        return subprocess.run(
            [sys.executable, ROOT / "deploy/docker/healthy.py"], env=env, timeout=60, check=False
        ).returncode

    assert healthy(**OUTSIDE) == 0
    assert healthy(**OUTSIDE, PORT=str(a_port())) == 1


# ---- with the programs themselves, where they are

PROGRAMS = {
    "nginx": os.environ.get("NGINX") or shutil.which("nginx"),
    "caddy": os.environ.get("CADDY") or shutil.which("caddy"),
}


def a_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now.replace(year=2120))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(key.private_bytes(*form))


def as_nginx(folder: Path, *, plain: int, secure: int, behind: int) -> list[str]:
    text = NGINX.read_text().replace("listen 443 ", f"listen {secure} ").replace("listen 80", f"listen {plain}")
    text = text.replace(f"/etc/letsencrypt/live/{NAME}", str(folder)).replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    kept = " ".join(
        f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}} http {{ access_log off; {kept}\n{text}\n}}"
    if os.geteuid() == 0:
        whole = f"user root; {whole}"
    (folder / "nginx.conf").write_text(whole)
    return [PROGRAMS["nginx"] or "", "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]


def as_caddy(folder: Path, *, plain: int, secure: int, behind: int) -> list[str]:
    ports = f"\tadmin off\n\thttp_port {plain}\n\thttps_port {secure}\n\tauto_https disable_certs\n\tskip_install_trust"
    text = CADDY.read_text().replace("\tadmin off", ports)
    text = text.replace(
        "{$PASSAGE_HOST} {\n\t#", f"{{$PASSAGE_HOST}} {{\n\ttls {folder}/fullchain.pem {folder}/privkey.pem\n\t#"
    )
    (folder / "Caddyfile").write_text(text)
    return [PROGRAMS["caddy"] or "", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@contextlib.contextmanager
def the_program(name: str, folder: Path, behind: int, *, caller: str) -> Iterator[tuple[Ask, Ask]]:
    """The proxy itself on its shipped file; only ports, certificate and folders are the test's. Asks: https, http."""
    a_certificate(folder)
    plain, secure = a_port(), a_port()
    command = {"nginx": as_nginx, "caddy": as_caddy}[name](folder, plain=plain, secure=secure, behind=behind)
    env = {**os.environ, "PASSAGE_HOST": NAME, "PASSAGE_WEB": f"127.0.0.1:{behind}", "HOME": str(folder)}
    with (folder / "said").open("w") as log:
        running = subprocess.Popen(command, env=env, stdout=log, stderr=log, text=True)
        trust = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))

        def secret(method: str, path: str, head=(), body: str = "") -> tuple[int, dict]:
            raw = socket.create_connection(("127.0.0.1", secure), 30, (caller, 0))
            connection = http.client.HTTPConnection(NAME)
            connection.sock = trust.wrap_socket(raw, server_hostname=NAME)
            return asked(connection, method, path, [("Host", NAME), *head], body)

        def open_(method: str, path: str, head=(), body: str = "") -> tuple[int, dict]:
            connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=30)
            return asked(connection, method, path, [("Host", NAME), *head], body)

        try:
            wait_for(secure, running)
            yield secret, open_
        finally:
            running.terminate()
            running.wait(30)


@pytest.mark.parametrize(("name", "caller"), [("caddy", "127.0.0.6"), ("nginx", "127.0.0.7")])
def test_the_programs_themselves_read_their_file_and_believe_nobody(served, name, caller, tmp_path):
    if not PROGRAMS[name]:
        pytest.skip(f"{name} is not on this machine")
    with the_program(name, tmp_path, served, caller=caller) as (secret, open_):
        assert guess(secret, *NAMES)[BEGINNINGS:] == [429, 429]
        status, head = secret("GET", "/healthz")
        assert status == 200
        assert "," not in head.get("strict-transport-security", "")
        assert open_("GET", "/api/v1/till")[0] == 403
        status, head = open_("GET", "/sign-in?next=/me/")
        assert (status, head["location"]) == (308, f"https://{NAME}/sign-in?next=/me/")
        large = "x" * (27 << 20)
        with contextlib.suppress(OSError):  # it may close before the last byte was sent
            assert secret("POST", "/sign-in", body=large)[0] == 413
