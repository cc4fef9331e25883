// The loyalty button, and what opens behind it: finding a member, who they are and what they have.

import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isOnline, Refusal } from "./api.ts";
import { clock, day, lastDay } from "./format.ts";
import { attach, detach, find, memberOf, show } from "./loyalty.ts";
import { MemberForm } from "./memberform.tsx";
import { pointsOf } from "./points.ts";
import { Rewards } from "./rewards.tsx";
import * as store from "./store.ts";
import type { Account, Candidate, Found, Member, Order } from "./types.ts";
import { Camera } from "./camera.tsx";
import { Button, Dialog, Field, Icon, Notice, useDeed } from "./ui.tsx";
import { t } from "./words.ts";
import { beep } from "./sound.ts";

export type Pane = "" | "find" | "member" | "rewards" | "form";
export const pane = signal<Pane>("");
/** What is looked for as soon as the window opens: something that was scanned. */
const sought = signal("");
/** What the form for a new member begins with; null when one is being edited. */
const beginning = signal<Found | null>(null);

/** Says in words whether somebody is attached: "Loyalty", or a gift and the name. */
export function MemberButton({ order, tall }: { order: Order; tall?: boolean }) {
  if (!store.loyalty.value) return null;
  const { member } = order;
  const open = (): void => {
    pane.value = !member ? "find" : store.screen.value === "pay" ? "rewards" : "member";
  };
  if (!member) {
    return (
      <Button class="w-full" tall={tall} icon="member" onClick={open} data-loyalty>
        {t("Loyalty")}
      </Button>
    );
  }
  const main = member.accounts[0];
  return (
    <Button class="member-button" tall={tall} tone="accent" icon="gift" onClick={open} data-loyalty>
      <span class="min-w-0 grow truncate text-left">
        <span class="sr-only">{t("Loyalty, attached:")} </span>
        {member.name || t("Member without a name")}
      </span>
      {main && <span class="num">{pointsOf(main.unit, main.available)}</span>}
    </Button>
  );
}

/** Something was scanned that is no product: somebody's card. */
export function seek(text: string): void {
  if (!store.loyalty.value) return;
  sought.value = text;
  pane.value = "find";
}

export function LoyaltyDialog({ order }: { order: Order }) {
  const close = (): void => {
    pane.value = "";
    sought.value = "";
  };
  const titles: Record<Exclude<Pane, "">, string> = {
    find: t("Find a member"),
    member: t("Loyalty"),
    rewards: t("Rewards"),
    form: beginning.value ? t("New member") : t("Edit the member"),
  };
  if (!pane.value) return null;
  return (
    <Dialog title={titles[pane.value]} close={close} wide key={pane.value}>
      {pane.value === "find" && <Find order={order} close={close} />}
      {pane.value === "member" && order.member && <Card order={order} member={order.member} />}
      {pane.value === "rewards" && <Rewards order={order} />}
      {pane.value === "form" && <MemberForm order={order} begin={beginning.value} done={close} />}
    </Dialog>
  );
}

function Find({ order, close }: { order: Order; close: () => void }) {
  const [text, found, watching] = [useSignal(sought.value), useSignal<Found | null>(null), useSignal(false)];
  const deed = useDeed();
  const take = (member: Member, how: string): void => {
    attach(order.id, member, how);
    beep(true);
    close();
  };
  const look = (what: string): void =>
    void deed.run(async () => {
      text.value = what;
      found.value = null;
      const told = await find(what.trim());
      if (told.found === "member" && told.member) take(told.member, told.asked.kind);
      else found.value = told;
    });
  const last = useRef("");
  useEffect(() => {
    if (!sought.value || sought.value === last.current) return;
    last.current = sought.value;
    look(sought.value);
  }, [sought.value]);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (text.value.trim()) look(text.value);
  };
  return (
    <div class="grid gap-4">
      {!isOnline.value && (
        <Notice tone="warning">
          {t(
            "There is no connection. The sale can go on without a member; the code on the receipt brings the points in later.",
          )}
        </Notice>
      )}
      <form class="flex flex-wrap items-end gap-2" onSubmit={submit} role="search">
        <div class="min-w-56 grow">
          <Field
            label={t("Phone, e-mail, name or card number")}
            autofocus
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </div>
        <Button type="submit" tone="primary" tall icon="search" disabled={deed.busy}>
          {t("Search")}
        </Button>
        <Button tall icon="camera" onClick={() => (watching.value = !watching.value)}>
          {t("Camera")}
        </Button>
      </form>
      {watching.value && (
        <Camera
          onRead={(code) => {
            watching.value = false;
            look(code);
          }}
        />
      )}
      <div aria-live="polite" class="grid gap-3">
        {deed.busy && <p class="muted">{t("Looking…")}</p>}
        {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
        {found.value && (
          <Results found={found.value} take={(id) => void deed.run(async () => take(await memberOf(id), "search"))} />
        )}
      </div>
    </div>
  );
}

function Results({ found, take }: { found: Found; take: (id: string) => void }) {
  if (found.found === "several") {
    return (
      <>
        <p class="font-semibold">{t("Which one? Ask for confirmation before you choose.")}</p>
        <ul class="grid gap-2">
          {found.candidates.map((each) => (
            <CandidateRow candidate={each} take={take} />
          ))}
        </ul>
        <AddButton found={found} quiet />
      </>
    );
  }
  return (
    <>
      <Notice>
        {found.found === "blank_card"
          ? t("This card is new and belongs to nobody yet.")
          : t("Nobody was found for “{text}”.", { text: found.asked.value })}
      </Notice>
      <AddButton found={found} />
    </>
  );
}

function CandidateRow({ candidate, take }: { candidate: Candidate; take: (id: string) => void }) {
  const { name, phone, email, last_visit: visit, last_shop: shop } = candidate;
  return (
    <li>
      <button type="button" class="tile w-full" onClick={() => take(candidate.id)}>
        <span class="tile-name">{name || t("Member without a name")}</span>
        <span class="muted text-sm">{[phone, email].filter(Boolean).join(" · ")}</span>
        <span class="muted text-sm">
          {visit ? t("last visit {day}, {shop}", { day: day(visit), shop }) : t("no visit yet")}
        </span>
      </button>
    </li>
  );
}

function AddButton({ found, quiet }: { found: Found; quiet?: boolean }) {
  if (!store.may("members.edit"))
    return <p class="muted">{t("Only somebody with the right to edit members can add one.")}</p>;
  const add = (): void => {
    beginning.value = found;
    pane.value = "form";
  };
  return (
    <Button tone={quiet ? "plain" : "primary"} tall icon="plus" onClick={add}>
      {found.found === "blank_card" ? t("Give this card to a new member") : t("Add a new member")}
    </Button>
  );
}

function Card({ order, member }: { order: Order; member: Member }) {
  const deed = useDeed();
  useEffect(() => {
    // What stands here may be hours old: an order at a table is open that long.
    void memberOf(member.id)
      .then((now) => show(order.id, now))
      .catch((error: unknown) => (error instanceof Refusal ? deed.say(error.message) : undefined));
  }, []);
  const edit = (): void => {
    beginning.value = null;
    pane.value = "form";
  };
  const off = (): void => {
    detach(order.id);
    pane.value = "";
  };
  return (
    <div class="grid gap-5">
      <div class="flex flex-wrap items-center gap-3">
        <Icon name="gift" size={32} />
        <p class="text-2xl font-bold">{member.name || t("Member without a name")}</p>
        {member.tier && <span class="tag tag-brass">{member.tier}</span>}
      </div>
      {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
      {member.accounts.map((each) => (
        <Figures account={each} />
      ))}
      <p class="muted text-sm">{t("Balance as of {time}", { time: clock(member.as_of) })}</p>
      <div class="grid gap-2 sm:grid-cols-2">
        <Button tone="primary" tall icon="gift" onClick={() => (pane.value = "rewards")}>
          {t("Rewards")}
        </Button>
        {store.may("members.edit") && (
          <Button tall icon="edit" onClick={edit}>
            {t("Edit the details")}
          </Button>
        )}
        <Button tall icon="search" onClick={() => (pane.value = "find")}>
          {t("Somebody else")}
        </Button>
        <Button tall icon="cross" onClick={off}>
          {t("Take off the order")}
        </Button>
      </div>
    </div>
  );
}

function Figures({ account }: { account: Account }) {
  const { unit, pending, expiring, expiring_on: end, reserved, debt } = account;
  return (
    <dl class="figures">
      <div>
        <dt>{account.name}</dt>
        <dd class="figure figure-big">{pointsOf(unit, account.available)}</dd>
      </div>
      {pending > 0 && <Small label={t("Not active yet")} text={pointsOf(unit, pending)} />}
      {reserved > 0 && <Small label={t("Held for orders")} text={pointsOf(unit, reserved)} />}
      {debt > 0 && <Small label={t("Owed")} text={pointsOf(unit, debt)} />}
      {expiring > 0 && end && (
        <Small label={t("Good until {day}", { day: lastDay(end) })} text={pointsOf(unit, expiring)} />
      )}
    </dl>
  );
}

function Small({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class="font-semibold">{text}</dd>
    </div>
  );
}
