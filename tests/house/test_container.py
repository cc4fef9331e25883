"""The image and its neighbours: built from locked packages, run by nobody in particular, with nothing open but the proxy."""

import fnmatch
import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from passage.config.env import REMEDIES
from tests.house.reading import ROOT, repository

DOCKER = ROOT / "deploy/docker"
FOLDER = "/data"
OURS = {"migrate", "web", "work", "backup"}


def steps(text: str) -> list[list[tuple[str, str]]]:
    """The instructions of each stage."""
    whole = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    stages: list[list[tuple[str, str]]] = [[]]
    for line in filter(None, whole.splitlines()):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest))
    return stages[1:]


def faults_of_image(text: str) -> list[str]:
    stages = steps(text)
    tags = re.findall(r"^ARG \w+=(\S+)$|^FROM (?!\$)(\S+)", text, re.MULTILINE)
    found = [f"{tag} may be another tomorrow" for pair in tags for tag in pair if tag and not is_fixed(tag)]
    for name, rest in (step for stage in stages for step in stage):
        if name == "ADD" or re.search(r"curl|wget|sudo|chmod 777", rest):
            found.append(f"{name} {rest}: nothing is fetched or opened on the side")
        if name in {"CMD", "ENTRYPOINT"} and not rest.startswith("["):
            found.append(f"{name} {rest}: a shell would keep the signals to itself")
        if re.search(r"(ENV|ARG) \S*(SECRET|PASSWORD|DATABASE_URL)", f"{name} {rest}"):
            found.append(f"{name} {rest}: a secret would stay in the image")
        found += [f"{each}: installed without its hash" for each in installs(rest) if not is_locked(each)]
    last = dict(stages[-1])
    found += [f"no {name}" for name in ("USER", "HEALTHCHECK", "VOLUME", "ENTRYPOINT") if name not in last]
    if last.get("USER", "0").partition(":")[0] in {"0", "root"} or not last.get("USER", "").replace(":", "").isdigit():
        found.append("it runs as root, or under a name that an engine cannot check")
    volumes = [json.loads(rest) for name, rest in stages[-1] if name == "VOLUME"]
    return found + ([] if volumes == [[FOLDER]] else [f"the volumes are {volumes}"])


def installs(command: str) -> list[str]:
    return re.findall(r"pip (?:--python \S+ )?install [^&]*", command)


def is_locked(install: str) -> bool:
    return "--require-hashes" in install or ("--no-deps" in install and "--no-index" in install)


def is_fixed(tag: str) -> bool:
    return "@sha256:" in tag or (":" in tag and re.search(r":\d", tag) is not None)


def faults_of_neighbours(told: dict) -> list[str]:
    services = told["services"]
    found = [fault for name, service in services.items() for fault in faults_of_any(name, service, told)]
    found += [fault for name in OURS for fault in faults_of_ours(name, services[name])]
    insides = [network for network in ("front", "back") if not told["networks"][network].get("internal")]
    return found + [f"{network} reaches the world" for network in insides]


def faults_of_any(name: str, service: dict, told: dict) -> list[str]:
    values = json.dumps(service.get("environment", {}))
    wrong = {
        "is open to the outside": bool(service.get("ports")) and name != "proxy",
        "may gain privileges": "no-new-privileges:true" not in service.get("security_opt", []),
        "may be another tomorrow": not re.search(r":[\w.-]*\d", service["image"]),
        "a secret stands in its environment": re.search(r"PASSWORD\"|SECRET_KEY|DATABASE_URL|SMTP_URL", values),
    }
    unknown = {*service.get("secrets", ())} - told["secrets"].keys()
    unknown |= {*service["networks"]} - told["networks"].keys()
    return [f"{name} {said}" for said, is_so in wrong.items() if is_so] + [f"{name}: nobody gives {e}" for e in unknown]


def faults_of_ours(name: str, service: dict) -> list[str]:
    closed = (service.get("read_only"), service.get("cap_drop"), service.get("user"))
    wrong = {
        "may do more than it must": closed != (True, ["ALL"], "10001:10001"),
        "keeps something elsewhere": service["volumes"] != ["data:/data"],
        "does not wait for the database": service["depends_on"]["database"] != {"condition": "service_healthy"},
    }
    unknown = [f"{name}: {each} is no setting" for each in service["environment"] if each not in REMEDIES]
    return [f"{name} {said}" for said, is_so in wrong.items() if is_so] + unknown


def compose() -> dict:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("python:3.11-slim-trixie\n", "python:latest\n", "may be another tomorrow"),
        ("--require-hashes -r requirements.lock", "-r requirements.lock", "without its hash"),
        ("USER 10001:10001", "", "no USER"),
        ("USER 10001:10001", "USER root", "runs as root"),
        ("HEALTHCHECK", "LABEL", "no HEALTHCHECK"),
        ('VOLUME ["/data"]', 'VOLUME ["/data", "/var/log"]', "the volumes are"),
        ('CMD ["serve"]', "CMD passage serve", "keep the signals"),
        ("COPY . .", "ADD https://example.org/x .", "fetched or opened"),
        ("USER 10001", "ENV SECRET_KEY=x\nUSER 10001", "would stay in the image"),
    ],
)
def test_a_careless_image_is_caught(old, new, said):
    text = (DOCKER / "Dockerfile").read_text()
    assert old in text
    assert any(said in fault for fault in faults_of_image(text.replace(old, new)))


@pytest.mark.parametrize(
    ("service", "more", "said"),
    [
        ("database", {"ports": ["5432:5432"]}, "database is open"),
        ("web", {"environment": {"DATABASE_URL": "x"}}, "a secret stands"),
        ("web", {"environment": {"PASSAGE_COLOUR": "x"}}, "is no setting"),
        ("work", {"read_only": False}, "more than it must"),
        ("backup", {"depends_on": {"database": {}}}, "does not wait"),
        ("proxy", {"image": "caddy:latest"}, "another tomorrow"),
        ("proxy", {"security_opt": []}, "gain privileges"),
        ("web", {"secrets": ["key"]}, "nobody gives key"),
    ],
)
def test_a_careless_neighbour_is_caught(service, more, said):
    told = compose()
    told["services"][service] |= more
    assert any(said in fault for fault in faults_of_neighbours(told))


def test_the_image_is_locked_and_runs_as_nobody_in_particular():
    assert faults_of_image((DOCKER / "Dockerfile").read_text()) == []


def test_only_the_proxy_is_open_and_secrets_come_from_files():
    told = compose()
    assert faults_of_neighbours(told) == []
    assert set(told["services"]) == OURS | {"proxy", "database"}
    assert told["services"]["web"]["networks"] == ["front", "back"]


def reaches_the_build(path: str, rules: list[str]) -> bool:
    """As an engine reads .dockerignore: the last rule that meets the path or a folder above it decides."""
    kept = True
    for rule in rules:
        pattern = rule.removeprefix("!").replace("**/", "*")
        above = ["/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 2)]
        if any(fnmatch.fnmatchcase(each, pattern) or each == rule.removeprefix("!**/") for each in above):
            kept = rule.startswith("!")
    return kept


def test_what_the_wheel_is_built_from_reaches_the_build_and_nothing_private_does():
    rules = [
        line
        for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = (*wheel["packages"], *wheel["force-include"], "frontend")
    wanted = [source.path for source in repository() if source.path.startswith(tuple(f"{each}/" for each in folders))]
    wanted += [rest for _, rest in re.findall(r"^(COPY) (requirements\S+)", (DOCKER / "Dockerfile").read_text())]
    wanted += ["pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "deploy/docker/healthy.py"]
    assert [path for path in wanted if not reaches_the_build(path, rules)] == []
    private = ["deploy/docker/secrets/secret_key", ".git/config", ".env", "data/demo/secret-key", "passage/.env"]
    private += ["frontend/node_modules/x/y.js", "tests/plugin.py", ".venv/bin/python"]
    assert [path for path in private if reaches_the_build(path, rules)] == []


def test_secrets_are_made_once_and_the_folder_lets_nobody_in(tmp_path):
    script = tmp_path / "make-secrets"
    script.write_text((DOCKER / "make-secrets").read_text())
    kept = []
    for _ in range(2):
        subprocess.run(["bash", str(script)], check=True, timeout=60)
        kept.append({path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()})
    assert kept[0] == kept[1]
    assert set(kept[0]) == set(compose()["secrets"])
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    asked = [sys.executable, "-c", "from passage.config.env import read_env; e = read_env(); print(e.database_url)"]
    env = {"CREDENTIALS_DIRECTORY": str(tmp_path / "secrets"), "PASSAGE_DATA": str(tmp_path)}
    said = subprocess.run(asked, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=60).stdout
    assert said.strip() == kept[0]["database_url"]
    assert kept[0]["database_password"] in said
