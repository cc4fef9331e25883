"""States and kinds in the words that a member reads, each agreeing with the thing it is said of."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

ENTRY_KINDS: dict[str, str | Promise] = {
    "earn": pgettext_lazy("entry", "Earned"),
    "clawback": pgettext_lazy("entry", "Taken back"),
    "spend": pgettext_lazy("entry", "Used"),
    "restore": pgettext_lazy("entry", "Given back"),
    "expire": pgettext_lazy("entry", "Expired"),
    "adjust": pgettext_lazy("entry", "Correction"),
    "merge": pgettext_lazy("entry", "Accounts joined"),
}
CARD_STATES: dict[str, str | Promise] = {
    "blank": pgettext_lazy("card", "Blank"),
    "active": pgettext_lazy("card", "Active"),
    "blocked": pgettext_lazy("card", "Blocked"),
    "lost": pgettext_lazy("card", "Lost"),
    "replaced": pgettext_lazy("card", "Replaced"),
    "expired": pgettext_lazy("card", "Expired"),
}
PURCHASE_KINDS: dict[str, str | Promise] = {
    "sale": pgettext_lazy("purchase", "Purchase"),
    "return": pgettext_lazy("purchase", "Return"),
    "void": pgettext_lazy("purchase", "Purchase cancelled"),
    "move": pgettext_lazy("purchase", "Purchase moved"),
    "judged": pgettext_lazy("purchase", "Purchase counted anew"),
}
CONSENT_SOURCES: dict[str, str | Promise] = {
    "till": pgettext_lazy("consent", "at a till"),
    "api": pgettext_lazy("consent", "by another system"),
    "office": pgettext_lazy("consent", "in the back office"),
    "merge": pgettext_lazy("consent", "when two records were joined"),
    "unmerge": pgettext_lazy("consent", "when two records were parted"),
}
