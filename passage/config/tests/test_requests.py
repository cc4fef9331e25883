"""Every request has a name and one line, and nothing that was sent stands in the log, whatever it was and however it broke."""

import io
import json
import logging.config
import re
import sys
from urllib.parse import quote

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import path

from passage.config.logs import logging_settings
from passage.config.urls import urlpatterns as ours
from passage.programme import actions as programmes
from passage.ui.request_id import LETTERS
from tests.cast import AT, BY, a_bakery, signed_in

pytestmark = pytest.mark.django_db
NAME = re.compile(rf"[{LETTERS}]{{4}}(-[{LETTERS}]{{4}}){{2}}")
# What a shop's customers and clerks type, and what opens something.
PERSONAL = {
    "name": "Zdzisława Grzegżółka",
    "email": "zdzislawa.g@example.org",
    "phone": "+48600987321",
    "card": "2901112223334",
    "token": "pk_0011223344556677_SECRETSECRETSECRET",
    "password": "eleven salty pretzels",
}


def breaks(request, **_):
    """As the database would: the row that was in the way is in the message."""
    try:
        raise IntegrityError(f"Key (email, name)=({PERSONAL['email']}, {PERSONAL['name']}) already exists.")
    except IntegrityError as error:
        raise ValueError(f"{request.get_full_path()} {request.body!r}") from error


urlpatterns = [path("breaks/<str:text>", breaks, name="breaks"), *ours]
handler400 = "passage.website.views.bad_request"
handler403 = "passage.website.views.forbidden"
handler404 = "passage.website.views.not_found"
handler500 = "passage.website.views.broken"


@pytest.fixture(params=["json", "console"])
def log(request):
    """Everything that is written, at its most talkative: what LOG_LEVEL=DEBUG writes."""
    kept, sys.stderr = sys.stderr, io.StringIO()
    before = {name: logging.getLogger(name).level for name in ("", "django")}
    handlers = list(logging.getLogger().handlers)
    try:
        logging.config.dictConfig(logging_settings(style=request.param, level="DEBUG"))
        logging.getLogger("django.db.backends").setLevel("INFO")  # statements are told by DEBUG=1 alone
        yield sys.stderr
    finally:
        sys.stderr = kept
        logging.getLogger().handlers = handlers
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


def hostile(client: Client):
    """Personal data wherever a request has room for it."""
    query = "?" + "&".join(f"{name}={value}" for name, value in PERSONAL.items()).replace("+", "%2B")
    headers = {f"X-{name}": value.encode().decode("latin-1") for name, value in PERSONAL.items()}
    headers |= {"Authorization": f"Bearer {PERSONAL['token']}", "User-Agent": PERSONAL["email"]}
    headers |= {"X-Request-Id": PERSONAL["phone"], "Accept-Language": PERSONAL["card"]}
    for name, value in PERSONAL.items():
        client.cookies[name] = quote(value)
    text = json.dumps(PERSONAL)
    for value in PERSONAL.values():
        for address in (f"/{value}", f"/breaks/{value}", f"/office/members/{value}", f"/api/v1/members/{value}"):
            client.get(address + query, headers=headers)
            client.post(address + query, text, content_type="application/json", headers=headers)
    for address in ("/sign-in", "/api/v1/sales", "/api/v1/till/operations", "/office/members/new", "/api/v1/seal"):
        client.post(address + query, PERSONAL, headers=headers)
        client.post(address + query, text + "}", content_type="application/json", headers=headers)
        client.generic(PERSONAL["card"], address + query, text, content_type="application/json", headers=headers)
    client.get("/sign-in", headers={"Host": PERSONAL["email"].replace("@", ".")})


@pytest.mark.urls(__name__)
def test_nothing_that_was_sent_stands_in_the_log(log):
    cast = a_bakery()
    for client in (Client(raise_request_exception=False), signed_in(cast.maria.login)):
        client.raise_request_exception = False
        hostile(client)
    written = log.getvalue()
    found = [name for name, value in PERSONAL.items() if any(part in written for part in parts(value))]
    assert found == []
    assert "django.db.utils.IntegrityError" in written, "what broke is told"
    assert "in breaks" in written, "and where"


def parts(value):
    """Also by half, and as an address writes it."""
    return [value, value.split(" ")[0], value.split("@")[0], value.lstrip("+"), value.replace(" ", "%20")]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("log", ["json"], indirect=True)
def test_each_request_is_one_line_with_its_page_programme_and_number(log):
    cast = a_bakery()
    boss = signed_in(cast.maria.login)
    boss.raise_request_exception = False
    answers = [boss.get("/office/members"), boss.get("/nowhere"), boss.get("/breaks/me"), boss.get("/healthz")]
    told = [line for line in lines(log) if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in told] == [
        ("GET", "office:members", 200),
        ("GET", "unknown", 404),
        ("GET", "breaks", 500),
        ("GET", "healthz", 200),
    ]
    assert [line.get("programme") for line in told] == ["grabowska", None, None, None]
    assert [line["request_id"] for line in told] == [answer["X-Request-Id"] for answer in answers]
    assert all(line["ms"] >= 0 for line in told)
    [broke] = [line for line in lines(log) if line["event"] == "the request broke"]
    assert broke["request_id"] == answers[2]["X-Request-Id"]


@pytest.mark.urls(__name__)
def test_a_page_that_tells_of_a_fault_and_a_problem_say_the_number_of_the_request():
    client = Client(raise_request_exception=False)
    for address, status in (("/nowhere", 404), ("/breaks/me", 500)):
        page = client.get(address, headers={"Accept-Language": "pl"})
        assert page.status_code == status
        assert NAME.fullmatch(page["X-Request-Id"])
        assert page["X-Request-Id"] in page.content.decode()
        assert "Podaj ten numer, gdy prosisz o pomoc" in page.content.decode()
    problem = client.get("/api/v1/seal")
    assert problem.json()["request_id"] == problem["X-Request-Id"]
    assert len({client.get("/healthz")["X-Request-Id"] for _ in range(20)}) == 20


@pytest.mark.parametrize("trusts", [True, False])
def test_a_number_is_taken_from_a_trusted_proxy_alone_and_only_if_it_is_well_formed(settings, trusts):
    settings.TRUST_PROXY = trusts
    client, good = Client(), "7f3a0000-aaaa.req_1"
    assert (client.get("/healthz", headers={"X-Request-Id": good})["X-Request-Id"] == good) is trusts
    for bad in ("short", "a" * 65, "has space in it", "line\r\nX-Evil: 1", '"><script>x', "żółć-żółć", "-leading-dash"):
        given = bad.encode().decode("latin-1")
        assert NAME.fullmatch(client.get("/healthz", headers={"X-Request-Id": given})["X-Request-Id"])


TOKEN = "only-for-tests-0123456789abcdef0123"


def scrape(client, token=TOKEN):
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


def test_figures_are_there_for_the_token_alone_and_nowhere_without_one(settings):
    client = Client()
    assert scrape(client, "").status_code == 404
    settings.METRICS_TOKEN = TOKEN
    assert [
        scrape(client, token).status_code for token in ("", "wrong", f"{TOKEN}x", "żółć".encode().decode("latin-1"))
    ] == [401] * 4
    assert client.get("/metrics")["WWW-Authenticate"].startswith("Bearer")
    assert scrape(client).status_code == 200


SAMPLE = re.compile(r'([a-z_]+)(\{[a-z_]+="[^"\n]*"(?:,[a-z_]+="[^"\n]*")*\})? ([0-9.e+-]+|\+Inf)')


def test_figures_are_readable_by_a_monitor_and_count_what_happened(settings):
    settings.METRICS_TOKEN = TOKEN
    cast = a_bakery()
    client = signed_in(cast.maria.login)
    before = figures(scrape(client))
    for _ in range(3):
        client.get("/office/members?q=anna@example.org")
        client.get("/api/v1/members/anna@example.org/accounts")
    programmes.open_shop(programme=cast.bakery, code="new", name="New", by=BY, at=AT)
    after = figures(scrape(client))
    page = 'passage_requests_total{method="GET",route="office:members",status="200"}'
    assert after[page] - before.get(page, 0) == 3
    assert after['passage_request_seconds_count{route="office:members"}'] >= 3
    assert after['passage_request_seconds_bucket{route="office:members",le="+Inf"}'] >= 3
    assert after["passage_database_up"] == 1
    assert after["passage_database_bytes"] > 100_000
    assert "passage_purchases_total" in after
    assert "passage_jobs_oldest_seconds" in after
    assert not any("@" in name for name in after)


def figures(answer):
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for line in answer.content.decode().splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))", line), line
            continue
        read = SAMPLE.fullmatch(line)
        assert read, line
        found[read[1] + (read[2] or "")] = float(read[3])
    return found
