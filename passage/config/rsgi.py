"""What `passage serve` loads: the front, with the pages behind it."""

from django.conf import settings

from passage.config.front.application import Front
from passage.config.front.refusals import Refusals
from passage.config.wsgi import application as pages

application = Front(
    pages,
    threads=settings.ENV.web_threads,
    refusals=Refusals(),
    session_cookie=settings.SESSION_COOKIE_NAME,
    trusts_proxy=settings.ENV.trust_proxy,
)
