"""The page's browser is kept on a short lead."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from passage.ui.csp import ContentSecurityPolicy, relaxed


def answer(view=lambda request: HttpResponse()):
    return ContentSecurityPolicy(view)(RequestFactory().get("/"))


def test_nothing_is_allowed_that_is_not_named():
    policy = answer()["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ):
        assert part in policy
    assert "unsafe" not in policy


def test_every_answer_has_a_nonce_of_its_own_that_the_page_knows():
    seen = []

    def view(request):
        seen.append(request.csp_nonce)
        return HttpResponse()

    first, second = answer(view), answer(view)
    assert f"'nonce-{seen[0]}'" in first["Content-Security-Policy"]
    assert f"'nonce-{seen[1]}'" in second["Content-Security-Policy"]
    assert seen[0] != seen[1]


def test_the_other_headers_are_there():
    headers = answer().headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]


def test_a_view_may_ask_for_more_by_name():
    view = relaxed(style_src="'self' 'unsafe-inline'", require_trusted_types_for="")(lambda request: HttpResponse())
    policy = answer(view)["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline';" in policy
    assert "require-trusted-types-for" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("value", ["https://example.org", "*", "//example.org"])
def test_no_view_may_ask_for_a_foreign_origin(value):
    with pytest.raises(ValueError, match="not a relaxation"):
        relaxed(script_src=value)
