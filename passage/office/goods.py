"""Products: what the tills can ring up, put on sale, changed and taken off."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.office.forms import ProductForm
from passage.products import actions, queries
from passage.products.models import Product
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.ui.refusals import refusal


@require_safe
@staff_page(verb="products.see")
def products(request: HttpRequest, staff: Staff) -> HttpResponse:
    rows = queries.on_sale(programme=staff.programme)
    return staff_render(
        request, "office/products.html", {"rows": rows, "may_edit": can(staff, "products.edit")}, staff=staff
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="products.edit")
def product(request: HttpRequest, staff: Staff, code: str = "") -> HttpResponse:
    """One product, or a new one: the tills have it within minutes."""
    row = _product(staff, code) if code else None
    form = ProductForm(
        request.POST if request.method == "POST" else None, currency=staff.programme.currency, product=row
    )
    if request.method == "POST" and form.is_valid() and _put(staff, form, row):
        messages.success(request, _("Saved. The tills fetch it by themselves within five minutes."))
        return redirect("office:products")
    page: dict[str, object] = {"product": row, "form": form}
    return staff_render(request, "office/product.html", page, staff=staff, status=422 if form.errors else 200)


def _put(staff: Staff, form: ProductForm, row: Product | None) -> bool:
    code = row.code if row else form.cleaned_data["code"]
    if row is None and queries.by_codes(programme=staff.programme, codes=[code]):
        form.add_error("code", _("There is a product with this code already."))
        return False
    try:
        actions.put(programme=staff.programme, code=code, by=f"staff:{staff.pk}", at=timezone.now(), **form.details())
    except Refused as refused:
        name = "product_taken" if refused.code == "taken" else refused.code
        field = "vat" if refused.field == "vat_bp" else refused.field
        form.add_error(
            field if field in form.fields else None, refusal(name, {"field": refused.field, **refused.params})
        )
        return False
    return True


@require_POST
@staff_page(verb="products.edit")
def retire(request: HttpRequest, staff: Staff, code: str) -> HttpResponse:
    """Off the tills; earlier receipts keep it."""
    actions.retire(product=_product(staff, code), by=f"staff:{staff.pk}", at=timezone.now())
    messages.success(request, _("Taken off sale."))
    return redirect("office:products")


def _product(staff: Staff, code: str) -> Product:
    row = queries.by_codes(programme=staff.programme, codes=[code]).get(code)
    if row is None:
        raise Http404
    return row
