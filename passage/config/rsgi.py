"""What `passage serve` loads: the front, with the pages behind it."""

import sys

from django.conf import settings

from passage.config.front.application import Front
from passage.config.front.refusals import Refusals
from passage.config.wsgi import application as pages

# The loop that reads and sends shares the interpreter with the threads; it is not to wait five milliseconds for each.
sys.setswitchinterval(0.0005)
application = Front(
    pages,
    threads=settings.ENV.web_threads,
    refusals=Refusals(),
    session_cookie=settings.SESSION_COOKIE_NAME,
    trusts_proxy=settings.ENV.trust_proxy,
)
