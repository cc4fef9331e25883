import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from passage.members.models import Member
from passage.office.found import find_members
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.purchases.statement import statement
from passage.ui.typed import read_cursor


@require_safe
@staff_page(verb="members.see")
def start(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The back office opens at the members until it has more rooms to choose from."""
    return redirect("office:members")


@require_safe
@staff_page(verb="members.see")
def members(request: HttpRequest, staff: Staff) -> HttpResponse:
    asked = request.GET.get("q", "")[:100].strip()
    rows, following = find_members(staff.programme, text=asked, after=request.GET.get("after", ""))
    return staff_render(request, "office/members.html", {"rows": rows, "following": following, "q": asked}, staff=staff)


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
    return staff_render(request, "office/member.html", {"member": found, "statement": told}, staff=staff)
