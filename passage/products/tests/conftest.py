from datetime import UTC, datetime

import pytest

from passage.products import actions
from passage.products.models import Product
from passage.programme.actions import create_programme
from passage.programme.models import Programme

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
PIOTR = "staff:7"


@pytest.fixture
def bakery(db: None) -> Programme:
    return create_programme(name="Piekarnia", slug="piekarnia", currency="PLN", at=AT)


@pytest.fixture
def elsewhere(db: None) -> Programme:
    return create_programme(name="Elsewhere", slug="elsewhere", currency="EUR", at=AT)


@pytest.fixture
def bread(bakery: Programme) -> Product:
    return actions.put(
        programme=bakery,
        code="chleb",
        by=PIOTR,
        at=AT,
        name="Chleb",
        price=1290,
        category="pieczywo",
        vat_bp=500,
        barcode="5901234123457",
    )
