"""The pages in docs/api are true: every request on them is sent, and its answer is the one that stands below it.

With PASSAGE_WRITE_DOCS=1 the answers are written into the pages instead of being compared.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from http import HTTPStatus
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from passage.api.tests.world import Till, World
from passage.cards import actions as cards
from passage.members import actions as members
from passage.products import actions as products
from passage.programme import actions as programmes
from tests.cast import AT, BY

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).resolve().parents[3] / "docs" / "api"
PAGES = sorted(page.name for page in FOLDER.glob("*.md"))
BLOCK = re.compile(r"^```http\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PASSING = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)|[\w-]{11}|[0-9A-Z]{17}")
SIGNED = {"request_id", "token", "was", "claim_key", "approval"}
REQUEST = re.compile(r'"request_id": "[^"]*"')
SENTENCES = {"text", "detail", "title"}


class Reader:
    """Sends the requests of a page; what the page calls SALE or SALE2 is what the answers before gave."""

    def __init__(self, world: World, page: str) -> None:
        ours = world.ours
        self.till, self.page = ours.till, page
        self.keyless = Till("")
        self.ids = {"MEMBER": str(ours.member.public_id), "REWARD": ours.reward, "REDEMPTION": ours.redemption}

    def answer(self, request: str) -> str:
        head, _, body = request.partition("\n\n")
        first, *headers = head.splitlines()
        method, path = first.split(" ")
        given = dict(line.split(": ", 1) for line in headers if not line.startswith("Authorization"))
        known = {name: self.filled(value) for name, value in given.items()}
        sent = self.filled(body.strip()) or None
        till = self.till if "Authorization" in request else self.keyless
        response = till.send(method, self.filled(path).removeprefix("/api/v1"), sent, **known)
        told = json.loads(response.content)
        if told.get("token", "").startswith("pk_"):
            self.till = Till(told["token"])  # the page goes on as the till that it has just paired
        if told.get("rights"):
            self.ids["SLIP"] = told["token"]
        if response.status_code == 201 and isinstance(told.get("id"), str):
            self.name(told["id"], "REDEMPTION" if "reward" in told else "SALE" if "settlement" in told else "")
        lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}"]
        shown = ("Content-Type", "Idempotent-Replay", "ETag", "Retry-After")
        lines += [f"{name}: {response.headers[name]}" for name in shown if name in response.headers]
        return "\n".join(lines) + f"\n\n{json.dumps(told, indent=2, ensure_ascii=False)}\n"

    def name(self, public_id: str, kind: str) -> None:
        if kind:
            count = sum(name.startswith(kind) for name in self.ids) + 1
            self.ids[kind if count == 1 else f"{kind}{count}"] = public_id

    def filled(self, text: str) -> str:
        for name in sorted(self.ids, key=len, reverse=True):
            text = re.sub(rf"\b{name}\b", self.ids[name], text)
        return text


@pytest.fixture
def reader(world, request):
    members.enrol(programme=world.ours.programme, by=BY, at=timezone.now(), external_id="K-2")
    cards.make_blank(programme=world.ours.programme, numbers=["2900000000025"], at=AT, by=BY)
    found = Reader(world, request.getfixturevalue("page"))
    counter = programmes.add_till(shop=world.cast.rynek, code="1")
    piotr = programmes.set_pin(staff=world.cast.piotr, pin="3690", by=BY, at=AT)
    products.put(programme=world.ours.programme, code="bread", name="Chleb", price=1290, vat_bp=500, by=BY, at=AT)
    found.ids["CODE"] = programmes.make_pairing_code(till=counter, by=BY, at=timezone.now())[1]
    found.ids["CLERK"] = str(piotr.pk)
    found.ids["MANAGER"] = str(programmes.set_pin(staff=world.cast.maria, pin="4826", by=BY, at=AT).pk)
    return found


def shape(text: str) -> object:
    """An answer without what differs from run to run (ids, moments, tokens) and without the wording of sentences."""
    head, _, body = text.partition("\n\n")
    return re.sub(r"ETag: .*", "ETag", head), blurred(json.loads(body))


def blurred(value: object, key: str = "") -> object:
    if isinstance(value, dict):
        return {name: blurred(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [blurred(each) for each in value]
    if key in SIGNED | SENTENCES or (key == "id" and isinstance(value, int)):
        return "a sentence"
    if isinstance(value, str) and key not in {"kind", "code", "name"}:
        return PASSING.sub("passing", ID.sub("id", value))
    return value


def blocks(text: str) -> list[tuple[re.Match[str], re.Match[str]]]:
    found = list(BLOCK.finditer(text))
    return list(zip(found[::2], found[1::2], strict=True))


def tidied(answer: str, page: str) -> str:
    """The same ids on every writing of a page, so that only what changed shows."""
    answer = REQUEST.sub('"request_id": "k3v9-2mxq-7hd4"', answer)
    for number, public_id in enumerate(dict.fromkeys(ID.findall(answer))):
        answer = answer.replace(public_id, str(uuid.uuid5(uuid.NAMESPACE_URL, f"{page}{number}")))
    return answer


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_in_the_pages_is_the_answer(reader, page):
    text = (FOLDER / page).read_text()
    pairs = [(asked[1], told[1], reader.answer(asked[1])) for asked, told in blocks(text)]
    assert pairs, "a page without a single request"
    if os.environ.get("PASSAGE_WRITE_DOCS"):
        for (_, told), (_, _, now) in reversed(list(zip(blocks(text), pairs, strict=True))):
            text = text[: told.start(1)] + tidied(now, page) + text[told.end(1) :]
        (FOLDER / page).write_text(text)
        return
    for asked, told, now in pairs:
        assert shape(now) == shape(told), asked


def test_a_page_that_tells_something_else_is_caught():
    told = 'HTTP/1.1 200 OK\n\n{"id": "a7a6ea50-44f4-5f6f-8e2f-0bfe6cbf2b0f", "points": 5}'
    same = 'HTTP/1.1 200 OK\n\n{"id": "00000000-44f4-5f6f-8e2f-0bfe6cbf2b0f", "points": 5}'
    other = told.replace("points", "stamps")
    assert shape(told) == shape(same) != shape(other)


def test_every_resource_has_its_page_and_the_index_names_them_all():
    index = (FOLDER / "README.md").read_text()
    assert [page for page in PAGES if page != "README.md" and f"({page})" not in index] == []
    from passage.api.api import api

    tags = {tag for bound in api._get_bound_routers() for tag in bound.tags or bound.template.tags or ()}
    assert {f"{tag}.md" for tag in tags} == set(PAGES) - {"README.md"}


def test_the_committed_description_is_the_one_that_is_served(client):
    out = StringIO()
    call_command("openapi", stdout=out)
    kept = FOLDER / "openapi.json"
    if os.environ.get("PASSAGE_WRITE_DOCS"):
        kept.write_text(out.getvalue())
    assert kept.read_text() == out.getvalue(), "run PASSAGE_WRITE_DOCS=1 pytest passage/api/tests/test_docs.py"
    served = client.get("/api/v1/openapi.json")
    assert served.json() == json.loads(kept.read_text())
    assert served.json()["openapi"].startswith("3.1")


def test_the_page_to_try_it_out_loads_nothing_from_elsewhere(client):
    page = client.get("/api/v1/docs")
    text = page.content.decode()
    assert page.status_code == 200
    assert "swagger-ui" in text
    assert re.findall(r'(?:src|href)="(?!/static/)[^"]*"', text) == []
    assert "//" not in re.sub(r"https?://www\.w3\.org\S+", "", page.headers["Content-Security-Policy"])
