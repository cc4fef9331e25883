"""Asks the server in this container whether it is alive; ends with 0 when it answers 200, else with 1.

It asks under the name of PASSAGE_URL, because the server answers to no other name.
"""

import os
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

SECONDS = 4


def main() -> int:
    name = urlsplit(os.environ.get("PASSAGE_URL", "")).netloc or "127.0.0.1"
    question = urllib.request.Request(
        f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz", headers={"Host": name}
    )
    # Never by a proxy that the environment names: the question stays in the container.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(question, timeout=SECONDS) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - what the engine shows of a failed check
        return 1


if __name__ == "__main__":
    sys.exit(main())
