import pytest
from tests.browser.test_pages import cast, sign_in
@pytest.mark.parametrize("locale", ["pl-PL"], indirect=True)
def test_align(page, cast, locale):
    from passage.members import actions as members
    from tests.cast import AT, BY
    members.enrol(programme=cast.bakery, by=BY, at=AT, first_name="Maximiliana", last_name="Wiśniewska-Kowalczykowska", email="maximiliana.wisniewska-kowalczykowska@example.org")
    sign_in(page, "maria")
    for w in (1280, 1000, 800, 700, 600, 320):
        page.set_viewport_size({"width": w, "height": 800})
        page.goto("/office/members")
        print(w)
        for row in page.evaluate("""()=>[...document.querySelectorAll('.rows tbody tr')].map(tr=>[...tr.querySelectorAll('td')].map(td=>{const n=td.querySelector('a,time')||td;const r=document.createRange();r.selectNodeContents(n);const b=r.getBoundingClientRect();return [b.top+b.height/2, b.top,b.height]}))"""): print("  ", row)
        page.screenshot(path=f"/tmp/align/{w}.png")
