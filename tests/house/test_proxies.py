"""The shipped configurations of Caddy and nginx say what Passage relies on; tests/journeys/test_behind_a_proxy.py tries it."""

import re

import pytest

from passage.programme import limits
from tests.proxies import CADDY, NGINX, Directive, caddy, heads_of_caddy, heads_of_nginx, nginx

SIZES = {"KiB": 1 << 10, "MiB": 1 << 20, "KB": 1000, "MB": 1000_000, "k": 1 << 10, "m": 1 << 20}
SECONDS = {"s": 1, "m": 60}
SET = {"X-Forwarded-For": "address", "X-Forwarded-Proto": "scheme", "X-Forwarded-Host": "host", "X-Request-Id": "id"}
SLOWEST_HEAD, SLOWEST_BODY = 15, 120  # seconds


def measured(said: str, units: dict[str, int]) -> int:
    number, unit = re.fullmatch(r"(\d+)([A-Za-z]+)", said).groups()
    return int(number) * units[unit]


def faults_of_heads(heads) -> list[str]:
    from tests.proxies import KNOWN

    found = [f"{name} is not set" for name, what in SET.items() if KNOWN.get(heads.set.get(name, "")) != what]
    found += [
        f"{name} is believed"
        for name in ("Forwarded", "X-Real-Ip")
        if name.title() not in {each.title() for each in heads.removed}
    ]
    return found + ([] if heads.drops_underscores else ["names with an underscore pass"])


def faults_of_limits(tree: Directive, *, body: str, head: str, reading: str) -> list[str]:
    found = []
    largest = measured(*tree.said(body), SIZES)
    if not limits.IMPORT_BYTES < largest <= limits.IMPORT_BYTES + (2 << 20):
        found.append(f"{body} is {largest}, the largest file {limits.IMPORT_BYTES}")
    if not 0 < measured(*tree.said(head), SECONDS) <= SLOWEST_HEAD:
        found.append(f"{head} is too long")
    if not 0 < measured(*tree.said(reading), SECONDS) <= SLOWEST_BODY:
        found.append(f"{reading} is too long")
    return found


def faults_of_nginx(text: str) -> list[str]:
    tree = nginx(text)
    names = {"body": "client_max_body_size", "head": "client_header_timeout", "reading": "client_body_timeout"}
    found = faults_of_heads(heads_of_nginx(text)) + faults_of_limits(tree, **names)
    wanted = {
        "ssl_protocols": "TLSv1.2 TLSv1.3",
        "proxy_request_buffering": "on",
        "proxy_buffering": "on",
        "server_tokens": "off",
    }
    found += [f"{name} is not {value}" for name, value in wanted.items() if tree.said(name) != [value]]
    zones = {said.split("zone=")[1].split(":")[0] for said in tree.said("limit_conn_zone")}
    if {said.split()[0] for said in tree.said("limit_conn")} != zones or not zones:
        found.append("connections are not counted by address")
    return found + said_twice(tree, "add_header")


def faults_of_caddy(text: str) -> list[str]:
    tree = caddy(text)
    names = {"body": "max_size", "head": "read_header", "reading": "read_body"}
    found = faults_of_heads(heads_of_caddy(text)) + faults_of_limits(tree, **names)
    if tree.said("admin") != ["off"]:
        found.append("the page to administer it is open")
    if tree.said("trusted_proxies"):
        found.append("what others say of the caller is believed")
    return found + said_twice(tree, "header")


def said_twice(tree: Directive, name: str) -> list[str]:
    """HSTS and the rest are the product's own; said twice, browsers take either."""
    return [f"{said} is Passage's to say" for said in tree.said(name)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for", "X-Forwarded-For is not set"),
        ("underscores_in_headers off", "underscores_in_headers on", "names with an underscore pass"),
        ('proxy_set_header Forwarded "";', "", "Forwarded is believed"),
        ("client_max_body_size 26m", "client_max_body_size 1m", "client_max_body_size is 1048576"),
        ("client_body_timeout 10s", "client_body_timeout 10m", "client_body_timeout is too long"),
        ("limit_conn passage_addresses 64;", "", "connections are not counted by address"),
        ("server_tokens off;", "add_header Strict-Transport-Security max-age=60;", "is Passage's to say"),
        ("TLSv1.2 TLSv1.3", "TLSv1 TLSv1.2 TLSv1.3", "ssl_protocols"),
    ],
)
def test_a_careless_nginx_is_caught(old, new, said):
    text = NGINX.read_text()
    assert old in text
    assert any(said in fault for fault in faults_of_nginx(text.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("X-Forwarded-For {remote_host}", "+X-Forwarded-For {remote_host}", "X-Forwarded-For is not set"),
        ("request_header -*_*", "", "names with an underscore pass"),
        ("max_size 26MiB", "max_size 26MB", "max_size is 26000000"),
        ("read_body 60s", "read_body 60m", "read_body is too long"),
        ("admin off", "admin localhost:2019", "administer"),
        ("servers {", "servers {\ntrusted_proxies static private_ranges", "believed"),
        ("reverse_proxy", "header Strict-Transport-Security max-age=60\nreverse_proxy", "is Passage's to say"),
    ],
)
def test_a_careless_caddy_is_caught(old, new, said):
    text = CADDY.read_text()
    assert old in text
    assert any(said in fault for fault in faults_of_caddy(text.replace(old, new)))


@pytest.mark.parametrize(("read", "text"), [(nginx, "server { listen 80 }"), (nginx, "a; }"), (caddy, "a {\nb\n")])
def test_a_file_that_does_not_end_is_caught(read, text):
    with pytest.raises(ValueError, match=r"end|brace"):
        read(text)


def test_the_shipped_proxies_say_what_passage_relies_on():
    assert faults_of_nginx(NGINX.read_text()) == []
    assert faults_of_caddy(CADDY.read_text()) == []


def test_a_program_that_speaks_without_encryption_is_refused_and_not_sent_on():
    for tree, block in ((nginx(NGINX.read_text()), "location"), (caddy(CADDY.read_text()), "handle")):
        api = next(each for each in tree.every(block) if each.words[1:] in (["/api/"], ["/api/*"]))
        assert [line.words[1:] for line in api.inside] == [["403"]]
