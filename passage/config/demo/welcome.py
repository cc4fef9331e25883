"""What the demo prints when it is ready: where to go, as whom, and what to try first."""

from __future__ import annotations

from pathlib import Path

from passage.config.demo.cast import ANNA, CAMILLE
from passage.config.demo.chain import (
    AUDITOR,
    CLERK,
    DEVELOPER,
    MANAGER,
    OTHER_OWNER,
    OWNER,
    PASSWORD,
    SHOP_MANAGER,
    Account,
)
from passage.config.demo.people import card_number

LOGINS: tuple[tuple[Account, str], ...] = (
    (OWNER, "owner: the back office"),
    (MANAGER, "manager of all shops, who reads English: agrees to corrections"),
    (SHOP_MANAGER, "manager of one shop, Rynek Podgórski"),
    (AUDITOR, "auditor: reads, and changes nothing"),
    (DEVELOPER, "developer, who reads English: keys for other systems"),
    (CLERK, "clerk in Kazimierz: points by hand"),
    (ANNA, "member: her own page"),
    (CAMILLE, "member who reads French"),
    (OTHER_OWNER, "owner of the second, empty programme"),
)
TEXT = """
Passage is ready:  {address}

  Sign in at {address}/sign-in with the password   {password}

{logins}

  The till     {address}/till/
    connect it  "by e-mail and password" as {manager}, and choose Kazimierz, till 1
                (or by a code: back office, Tills, "Connect a device")
    sign in     Piotr, PIN {pin}; the manager Jadwiga has {managers_pin}
    sell        touch goods, press Loyalty, type {card} or Anna's phone, pay, press the rewards on the way
    offline     stop the demo, reload the till, sell on; start the demo again: the visits arrive by themselves

  Try first
    as Piotr    add points: type Anna's card {card} and an amount, look at the preview, confirm
    as Anna     see the same points arrive with their reasons, the ones that wait and the ones that end soon
    as Maria    look for a member by name, phone or card, and read the whole history; under Members a correction
                waits for a second person, an apron for its member, and an old list with one wrong row for you
    a programme of your own  {address}/sign-up, and read the mail with the link at {address}/mail
    language    fr, pl and en, at the top of every page

  API     {address}/api/v1/docs
  key     {key}
          curl -H "Authorization: Bearer {key}" \\
               "{address}/api/v1/members?identifier={card}"

  The data lives in {kept}
  Ctrl+C stops web and worker; --fresh starts over.
"""


def text(*, address: str, key: str, kept: Path) -> str:
    longest = max(len(account.email) for account, _ in LOGINS)
    logins = "\n".join(f"    {account.email:<{longest}}   {what}" for account, what in LOGINS)
    return TEXT.format(
        address=address,
        password=PASSWORD,
        logins=logins,
        manager=MANAGER.email,
        pin=CLERK.pin,
        managers_pin=MANAGER.pin,
        card=card_number(1),
        key=key,
        kept=kept,
    ).rstrip()
