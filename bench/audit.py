"""What the books hold, asked with the product's own `verify`. Prints the sales whose id starts with the word given."""

from __future__ import annotations

import json
import sys

import django


def found(start: str) -> dict[str, list[str]]:
    from passage.ledger.verify import CHECKS
    from passage.programme.models import Programme
    from passage.programme.verify import faults
    from passage.purchases.models import Purchase

    [programme] = Programme.objects.all()
    rows = Purchase.objects.of(programme).filter(client_id__startswith=start)
    wrong = [str(fault) for fault in faults(CHECKS, programme=programme)]
    return {"client_ids": list(rows.values_list("client_id", flat=True)), "faults": wrong}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(found(sys.argv[1])))
