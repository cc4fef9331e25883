import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from passage.members.models import Member
from passage.office.cardfile import card_file, rights
from passage.office.corrections import waiting_for as corrections_for
from passage.office.found import find_members
from passage.privacy.queries import erasure_of
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.purchases.statement import statement
from passage.rewards.prizes import how_many_wait
from passage.ui.refusals import sentence_of
from passage.ui.typed import read_cursor


@require_safe
@staff_page(verb="members.see")
def members(request: HttpRequest, staff: Staff) -> HttpResponse:
    asked = request.GET.get("q", "")[:100].strip()
    rows: list[Member] = []
    following = stop = ""
    try:
        rows, following = find_members(staff, text=asked, after=request.GET.get("after", ""), at=timezone.now())
    except Refused as refused:
        stop = sentence_of(refused)
    may: dict[str, object] = {
        "may_correct": can(staff, "points.adjust"),
        "waiting": corrections_for(staff, at=timezone.now()),
        "may_add": can(staff, "members.edit"),
        "may_import": can(staff, "members.import"),
        "may_hand_over": can(staff, "rewards.give"),
    }
    may["prizes_waiting"] = how_many_wait(staff.programme, shop=staff.shop) if may["may_hand_over"] else 0
    page = {"rows": rows, "following": following, "q": asked, "stop": stop, **may}
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
    if found.status == Member.Status.ERASED:
        told = statement(found, at=timezone.now(), before=before)
        return staff_render(
            request, "office/erased.html", {"statement": told, "erasure": erasure_of(found)}, staff=staff
        )
    may = rights(staff)
    file = card_file(found, at=timezone.now(), before=before)
    page = {"file": file, "member": found, "may": may, "waiting": file.waiting}
    return staff_render(request, "office/member.html", page, staff=staff)
