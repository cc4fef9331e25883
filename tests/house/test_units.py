"""The units of systemd: they parse, start commands that exist, and may do no more than they must."""

import re
import shutil
import subprocess

import pytest

from passage.config.env import REMEDIES
from tests.house.reading import ROOT
from tests.house.test_docs import BORN_WITH_DJANGO, commands

UNITS = ROOT / "deploy/systemd"
FOLDER = "/var/lib/passage"
MOST_EXPOSED = 3.0  # of 10, as systemd-analyze counts
WANTED = {
    "User": ["passage"],
    "StateDirectory": ["passage"],
    "StateDirectoryMode": ["0700"],
    "UMask": ["0077"],
    "NoNewPrivileges": ["yes"],
    "CapabilityBoundingSet": [""],
    "ProtectSystem": ["strict"],
    "ProtectHome": ["yes"],
    "PrivateTmp": ["yes"],
    "PrivateDevices": ["yes"],
    "MemoryDenyWriteExecute": ["yes"],
    "SystemCallFilter": ["@system-service", "~@privileged"],
}
HARDENING = re.compile(r"^# What it may keep.*?^SystemCallErrorNumber=\w+$", re.MULTILINE | re.DOTALL)
Unit = dict[str, dict[str, list[str]]]


def parsed(text: str) -> Unit:
    """Raises ValueError for a line that is neither a section, a setting nor a comment."""
    unit: Unit = {}
    section: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, sign, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            section = unit.setdefault(line[1:-1], {})
        elif sign and name.isalnum():
            section.setdefault(name, []).append(value)
        elif not line.startswith(("#", ";")):
            raise ValueError(f"no setting: {line}")
    return unit


def faults(text: str, *, known: set[str]) -> list[str]:
    service = parsed(text).get("Service", {})
    found = [f"{name} is not {value}" for name, value in WANTED.items() if service.get(name) != value]
    for command in service.get("ExecStart", []):
        program, name = command.split()[:2]
        if program != "/opt/passage/.venv/bin/passage" or name not in known:
            found.append(f"nothing is started by {command}")
    told = [each.partition("=")[0] for each in service.get("Environment", [])]
    return found + [f"{name} is no setting" for name in told if name not in REMEDIES]


def services() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(UNITS.glob("*.service"))}


def known() -> set[str]:
    return commands() | BORN_WITH_DJANGO | {"backup"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("User=passage", "User=root", "User is not"),
        ("StateDirectoryMode=0700", "", "StateDirectoryMode is not"),
        ("UMask=0077", "UMask=0022", "UMask is not"),
        ("ProtectSystem=strict", "ProtectSystem=full", "ProtectSystem is not"),
        ("passage serve", "passage server", "nothing is started by"),
        ("Environment=PASSAGE_DATA", "Environment=PASSAGE_FOLDER", "PASSAGE_FOLDER is no setting"),
    ],
)
def test_a_careless_unit_is_caught(old, new, said):
    text = (UNITS / "passage-web.service").read_text()
    assert old in text
    assert any(said in fault for fault in faults(text.replace(old, new), known=known()))


def test_a_line_that_is_no_setting_is_caught():
    with pytest.raises(ValueError, match="no setting"):
        parsed("[Service]\nUser passage\n")


def test_every_service_is_closed_and_starts_what_exists():
    assert {name: found for name, text in services().items() if (found := faults(text, known=known()))} == {}
    assert len(services()) == 4


def test_all_services_are_closed_by_the_same_lines():
    assert len({HARDENING.search(text).group() for text in services().values()}) == 1


def test_the_timer_starts_the_backup_and_makes_up_for_a_night_that_was_missed():
    timer = parsed((UNITS / "passage-backup.timer").read_text())
    assert timer["Timer"]["Persistent"] == ["yes"]
    assert timer["Timer"]["OnCalendar"] == ["*-*-* 03:30"]
    assert (UNITS / "passage-backup.service").exists()


def test_the_example_of_settings_names_only_what_may_be_set():
    text = (UNITS / "environment.example").read_text()
    named = re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)
    assert {"PASSAGE_URL", "DATABASE_URL", "TRUST_PROXY"} <= set(named)
    assert set(named) - REMEDIES.keys() == set()


def exposure(path) -> float:
    """As `systemd-analyze security` counts it, from the file alone: 0 is closed, 10 is open."""
    program = shutil.which("systemd-analyze")
    assert program
    asked = [program, "security", "--offline=yes", "--no-pager", str(path)]
    said = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False).stdout
    return float(re.search(r"exposure level for \S+: ([\d.]+)", said).group(1))


def test_systemd_itself_finds_every_service_hardly_exposed(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    bare = tmp_path / "passage-bare.service"
    bare.write_text("[Service]\nUser=passage\nExecStart=/opt/passage/.venv/bin/passage serve\n")
    assert exposure(bare) > MOST_EXPOSED
    assert {name: found for name in services() if (found := exposure(UNITS / name)) > MOST_EXPOSED} == {}
