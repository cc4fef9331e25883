// What can be done with an earlier sale. A return shows what becomes of points and rewards before anything is confirmed.

import { useSignal } from "@preact/signals";
import * as api from "./api.ts";
import { approvalOf, type Deed } from "./device.ts";
import { money, quantity } from "./format.ts";
import { isMine, type Earlier } from "./history.tsx";
import { happen, type Happening } from "./journal.ts";
import { find } from "./loyalty.ts";
import { PinPad } from "./lock.tsx";
import { PIECE, quantityText } from "./orders.ts";
import { pointsOf } from "./points.ts";
import * as store from "./store.ts";
import type { Clerk, Entry, Member } from "./types.ts";
import { Button, Dialog, Field, Notice, Stepper, useDeed } from "./ui.tsx";
import { t } from "./words.ts";

type Step = "" | "return" | "void" | "undo" | "move";
interface Rehearsed {
  refund: number;
  clawed: { unit: string; owed: number; taken: number; debt: number; written_off: number }[];
  restored: { unit: string; reward: string; points: number }[];
  warnings: string[];
}

interface Props {
  sale: Earlier;
  entry: Entry | undefined;
  print: (entry: Entry) => void;
  close: () => void;
}

export function GiveBack({ sale, entry, print, close }: Props) {
  const step = useSignal<Step>("");
  const title = t("Receipt {number}", { number: sale.receipt || "–" });
  const isOver = sale.voided || sale.lines.every((line) => line.left <= 0);
  return (
    <Dialog title={title} close={close} wide key={step.value}>
      {!step.value && (
        <div class="grid gap-4">
          <SaleLines sale={sale} />
          <div class="grid gap-2 sm:grid-cols-2">
            {entry && (
              <Button tall icon="print" onClick={() => print(entry)}>
                {t("Print again")}
              </Button>
            )}
            {!isOver && (
              <Button tall icon="undo" data-step="return" onClick={() => (step.value = "return")}>
                {t("Return goods")}
              </Button>
            )}
            {!isOver && !sale.returned && isMine(sale, entry) && (
              <Button tall icon="undo" data-step="undo" onClick={() => (step.value = "undo")}>
                {t("Undo this sale")}
              </Button>
            )}
            {!isOver && !sale.returned && (
              <Button tall icon="cross" data-step="void" onClick={() => (step.value = "void")}>
                {t("Void the sale")}
              </Button>
            )}
            {!isOver && (
              <Button tall icon="member" data-step="move" onClick={() => (step.value = "move")}>
                {t("Wrong member")}
              </Button>
            )}
          </div>
        </div>
      )}
      {step.value === "return" && <ReturnGoods sale={sale} close={close} />}
      {(step.value === "void" || step.value === "undo") && <Annul sale={sale} kind={step.value} close={close} />}
      {step.value === "move" && <Move sale={sale} close={close} />}
    </Dialog>
  );
}

function SaleLines({ sale }: { sale: Earlier }) {
  return (
    <ul class="grid gap-1">
      {sale.lines.map((line) => (
        <li class="flex justify-between gap-3">
          <span>
            {quantity(line.quantity, line.measured)} × {line.name}
            {line.left < line.quantity && (
              <span class="muted">
                {" "}
                · {t("{left} left", { left: quantity(Math.max(line.left, 0), line.measured) })}
              </span>
            )}
          </span>
          <span class="num">{money(line.amount)}</span>
        </li>
      ))}
      <li class="flex justify-between gap-3 font-bold">
        <span>{t("Paid")}</span>
        <span class="num">{money(sale.paid)}</span>
      </li>
    </ul>
  );
}

/** Says it to the journal, and says what was said. */
async function tellAll(what: Happening, said: string, close: () => void): Promise<void> {
  await happen(what);
  store.tell(said, "success");
  close();
}

function ReturnGoods({ sale, close }: { sale: Earlier; close: () => void }) {
  const [back, reason, shown] = [
    useSignal(new Map<string, number>()),
    useSignal(""),
    useSignal<Rehearsed | null>(null),
  ];
  const deed = useDeed();
  const measured = new Set(sale.lines.filter((line) => line.measured).map((line) => line.id));
  const lines = (): { id: string; quantity: number | string }[] =>
    [...back.value]
      .filter(([, each]) => each > 0)
      .map(([id, each]) => ({ id, quantity: quantityText(each, measured.has(id)) }));
  const set = (id: string, to: number): void => {
    back.value = new Map(back.value).set(id, to);
    shown.value = null;
  };
  const rehearse = (): void =>
    void deed.run(async () => {
      const body = { sale: { id: sale.id }, lines: lines() };
      shown.value = (await api.call<Rehearsed>("POST", "/till/rehearsals", { body, patience: 6_000 })).data;
    });
  const confirm = (): void =>
    void deed.run(() =>
      tellAll(
        { kind: "return", payload: { sale: { id: sale.id }, lines: lines(), reason: reason.value.trim() } },
        t("The return is saved."),
        close,
      ),
    );
  return (
    <div class="grid gap-4">
      <p>{t("What comes back?")}</p>
      <ul class="grid gap-2">
        {sale.lines
          .filter((line) => line.left > 0)
          .map((line) => (
            <li class="flex flex-wrap items-center justify-between gap-2 border-b border-base-300 pb-2">
              <span class="min-w-0">{line.name}</span>
              {line.measured || line.left % PIECE ? (
                <label class="flex min-h-11 items-center gap-2">
                  <input
                    type="checkbox"
                    class="toggle-box"
                    checked={Boolean(back.value.get(line.id))}
                    onChange={(event) => set(line.id, event.currentTarget.checked ? line.left : 0)}
                  />
                  {quantity(line.left, line.measured)}
                </label>
              ) : (
                <Stepper
                  label={line.name}
                  value={(back.value.get(line.id) ?? 0) / PIECE}
                  most={line.left / PIECE}
                  change={(to) => set(line.id, to * PIECE)}
                />
              )}
            </li>
          ))}
      </ul>
      <Field
        label={t("Reason (optional)")}
        maxLength={200}
        value={reason.value}
        onInput={(event) => (reason.value = event.currentTarget.value)}
      />
      {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
      {shown.value ? (
        <>
          <Consequences told={shown.value} />
          <Button tone="danger" tall disabled={deed.busy} onClick={confirm}>
            {t("Take the goods back")}
          </Button>
        </>
      ) : (
        <Button tone="primary" tall disabled={deed.busy || !lines().length} onClick={rehearse}>
          {t("Show what happens")}
        </Button>
      )}
    </div>
  );
}

function Consequences({ told }: { told: Rehearsed }) {
  return (
    <div class="sheet grid gap-2" aria-live="polite">
      <p>
        <span class="muted block">{t("Money to give back")}</span>
        <span class="figure figure-big num">{money(told.refund)}</span>
      </p>
      {told.clawed.map((each) => (
        <p>{t("{points} are taken back from the member", { points: pointsOf(each.unit, each.taken) })}</p>
      ))}
      {told.clawed
        .filter((each) => each.debt > 0)
        .map((each) => (
          <p>{t("{points} are owed: taken from what is earned next", { points: pointsOf(each.unit, each.debt) })}</p>
        ))}
      {told.restored.map((each) => (
        <p>
          {t("{points} of the reward “{reward}” come back to the member", {
            points: pointsOf(each.unit, each.points),
            reward: each.reward,
          })}
        </p>
      ))}
      {!told.clawed.length && !told.restored.length && <p>{t("No points are concerned.")}</p>}
      {told.warnings.includes("free_product_kept") && (
        <Notice tone="warning">
          {t("The free product stays with the member although what earned it goes back. Ask for it too, or let it be.")}
        </Notice>
      )}
      {told.warnings.includes("tier_kept") && (
        <Notice tone="info">
          {t("The member keeps the level until its period ends, although points that it needed go back.")}
        </Notice>
      )}
    </div>
  );
}

function Annul({ sale, kind, close }: { sale: Earlier; kind: "void" | "undo"; close: () => void }) {
  const [reason, shown] = [useSignal(""), useSignal<Rehearsed | null>(null)];
  const deed = useDeed();
  const rehearse = (event: Event): void => {
    event.preventDefault();
    void deed.run(async () => {
      const body = { sale: { id: sale.id }, void: true };
      shown.value = (await api.call<Rehearsed>("POST", "/till/rehearsals", { body, patience: 6_000 })).data;
    });
  };
  const done = (approval: string): Promise<void> =>
    tellAll(
      { kind, approval, payload: { sale: { id: sale.id }, reason: reason.value.trim() } },
      t("The sale is annulled. Points and rewards go back."),
      close,
    );
  return (
    <form class="grid gap-4" onSubmit={rehearse}>
      <Field
        label={t("Why")}
        required
        maxLength={200}
        autofocus
        value={reason.value}
        onInput={(event) => (reason.value = event.currentTarget.value)}
      />
      {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
      {!shown.value && (
        <Button type="submit" tone="primary" tall disabled={deed.busy || !reason.value.trim()}>
          {t("Show what happens")}
        </Button>
      )}
      {shown.value && <Consequences told={shown.value} />}
      {shown.value && kind === "undo" && (
        <Button tone="danger" tall disabled={deed.busy} onClick={() => void deed.run(() => done(""))}>
          {t("Undo the sale")}
        </Button>
      )}
      {shown.value && kind === "void" && (
        <Approval deed={{ kind: "void", sale: sale.id }} word={t("Void the sale")} done={done} />
      )}
    </form>
  );
}

function Move({ sale, close }: { sale: Earlier; close: () => void }) {
  const [text, to, reason] = [useSignal(""), useSignal<Member | null>(null), useSignal("")];
  const deed = useDeed();
  const look = (event: Event): void => {
    event.preventDefault();
    void deed.run(async () => {
      const told = await find(text.value.trim());
      if (told.member) to.value = told.member;
      else throw new Error(t("Exactly one member is needed here: use the card, the whole number or the address."));
    });
  };
  const done = (approval: string): Promise<void> =>
    tellAll(
      {
        kind: "move",
        approval,
        payload: { sale: { id: sale.id }, member: to.value ? { id: to.value.id } : null, reason: reason.value.trim() },
      },
      t("The sale has moved, with all it gave."),
      close,
    );
  return (
    <div class="grid gap-4">
      <p>{sale.member ? t("Now it belongs to {name}.", { name: sale.member }) : t("Now it belongs to nobody.")}</p>
      <form class="flex flex-wrap items-end gap-2" onSubmit={look}>
        <div class="min-w-56 grow">
          <Field
            label={t("To whom it belongs: card, phone or e-mail")}
            autofocus
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </div>
        <Button type="submit" tall icon="search" disabled={deed.busy || !text.value.trim()}>
          {t("Search")}
        </Button>
      </form>
      {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
      {to.value && <Notice tone="success">{to.value.name || t("Member without a name")}</Notice>}
      <Field
        label={t("Reason (optional)")}
        maxLength={200}
        value={reason.value}
        onInput={(event) => (reason.value = event.currentTarget.value)}
      />
      {(to.value || sale.member) && (
        <Approval
          deed={{ kind: "move", sale: sale.id }}
          word={to.value ? t("Move the sale") : t("Take the member off the sale")}
          done={done}
        />
      )}
    </div>
  );
}

/** One's own right, or the PIN of somebody above: for this one deed. */
function Approval({ deed: what, word, done }: { deed: Deed; word: string; done: (approval: string) => Promise<void> }) {
  const chosen = useSignal<Clerk | null>(null);
  const deed = useDeed();
  if (store.may(`purchases.${what.kind}`)) {
    return (
      <div class="grid gap-3">
        {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
        <Button
          tone="danger"
          tall
          disabled={deed.busy}
          onClick={() => void deed.run(async () => done(await approvalOf(what)))}
        >
          {word}
        </Button>
      </div>
    );
  }
  const above = (store.config.value?.clerks ?? []).filter((each) => each.role !== "clerk" && each.has_pin);
  const enter = async (clerk: number, pin: string): Promise<void> => done(await approvalOf(what, { clerk, pin }));
  if (chosen.value) return <PinPad clerk={chosen.value} enter={enter} back={() => (chosen.value = null)} />;
  return (
    <div class="grid gap-2">
      <p class="font-semibold">{t("{deed}: a manager has to agree with their PIN.", { deed: word })}</p>
      {above.map((each) => (
        <Button tall icon="lock" onClick={() => (chosen.value = each)}>
          {each.name}
        </Button>
      ))}
      {!above.length && (
        <Notice tone="warning">{t("No manager has a PIN here. Set one in the back office, under Staff.")}</Notice>
      )}
    </div>
  );
}
