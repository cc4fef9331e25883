import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from passage.members.models import Member
from passage.office.found import find_members
from passage.programme.access import can
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.purchases.statement import statement
from passage.ui.typed import read_cursor

# What a page of a member offers, and the right that each takes.
DEEDS = {
    "edit": "members.edit",
    "adjust": "points.adjust",
    "bind": "cards.bind",
    "lose": "cards.lose",
    "replace": "cards.replace",
    "block_card": "cards.block",
    "block": "members.block",
    "log": "audit.see",
}


@require_safe
@staff_page(verb="members.see")
def members(request: HttpRequest, staff: Staff) -> HttpResponse:
    asked = request.GET.get("q", "")[:100].strip()
    rows, following = find_members(staff.programme, text=asked, after=request.GET.get("after", ""))
    may = {"may_add": can(staff, "members.edit"), "may_make_cards": can(staff, "cards.make")}
    may["may_import"] = can(staff, "members.import")
    page = {"rows": rows, "following": following, "q": asked, **may}
    return staff_render(request, "office/members.html", page, staff=staff)


@require_safe
@staff_page(verb="members.see")
def member(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    found = (
        Member.objects.of(staff.programme).filter(public_id=member).select_related("programme", "merged_into").first()
    )
    if found is None:
        raise Http404
    if found.merged_into is not None:
        return redirect("office:member", member=found.merged_into.public_id)
    before = read_cursor(request.GET.get("after", ""))
    told = statement(found, at=timezone.now(), before=before)
    may = {name: can(staff, verb) for name, verb in DEEDS.items()}
    page = {"member": found, "statement": told, "may": may, "may_anything": any(may.values())}
    return staff_render(request, "office/member.html", page, staff=staff)
