from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from passage.members.models import Member
from passage.members.queries import resolve
from passage.programme.snapshot import one_moment
from passage.purchases.statement import statement
from passage.rewards.prizes import waiting_for
from passage.ui.typed import read_cursor


@require_safe
@never_cache
def me(request: HttpRequest) -> HttpResponse:
    """The statement of whoever is signed in: the session decides whose, never the address."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse('website:sign_in')}?{urlencode({'next': request.get_full_path()})}")
    known = Member.objects.filter(login=request.user)
    # Whoever was merged has their points with the member they joined, and sees them there.
    own = known.exclude(status=Member.Status.MERGED).order_by("id").first() or known.order_by("id").first()
    if own is None:
        raise PermissionDenied
    member = resolve(own)
    with one_moment():
        told = statement(member, at=timezone.now(), before=read_cursor(request.GET.get("after", "")))
        waiting = waiting_for(member)
    context: dict[str, object] = {
        "programme": member.programme,
        "currency": member.programme.currency,
        "zone": member.programme.zone,
        "member": member,
        "statement": told,
        "waiting": waiting,
    }
    return render(request, "portal/me.html", context)
