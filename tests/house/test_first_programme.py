"""The lines of docs/running.md that set up a first programme work as they stand there."""

import re

import pytest

from passage.programme import queries
from passage.programme.models import Key
from passage.rewards.models import Reward
from tests.house.reading import ROOT

LINES = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.django_db
def test_the_first_programme_can_be_set_up_as_the_papers_say(capsys):
    (lines,) = LINES.findall((ROOT / "docs/running.md").read_text())
    exec(compile(lines, "docs/running.md", "exec"), {})

    secret = capsys.readouterr().out.split()[-1]
    key = queries.key_by_secret(text=secret, at=Key.objects.get().created_at)
    assert key is not None
    assert key.programme.slug == "cafe-du-port"
    assert Reward.objects.of(key.programme).count() == 1
