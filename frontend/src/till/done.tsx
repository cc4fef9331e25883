// After the payment: saved, what it earned, the change, the paper, and the next order.

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { money } from "./format.ts";
import { answered, happen } from "./journal.ts";
import { pointsOf } from "./points.ts";
import { Paper } from "./receipt.tsx";
import * as store from "./store.ts";
import { beep } from "./sound.ts";
import type { Answer, Entry } from "./types.ts";
import { Button, Dialog, Icon, Notice, useDeed } from "./ui.tsx";
import { t } from "./words.ts";

const PATIENCE = 6_000;

export function DoneScreen() {
  const done = store.done.value;
  const answer = useSignal<Answer | null>(null);
  const isLate = useSignal(false);
  const undoing = useSignal(false);
  useSignalEffect(() => {
    const told = answered.value;
    if (told && told.id === store.done.peek()?.entry.id) answer.value = told.answer;
  });
  useEffect(() => {
    beep(true);
    const timer = setTimeout(() => (isLate.value = true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  if (!done) return null;
  const { entry, receipt } = done;
  const next = (): void => {
    store.done.value = null;
    store.screen.value = "sell";
    void store.openOrder();
  };
  return (
    <div class="till-pay">
      <section class="grid content-start gap-4" aria-label={t("Result")}>
        <h1 class="flex items-center gap-3 text-3xl">
          <span class="plus">
            <Icon name="check" size={36} />
          </span>
          {t("Saved")}
        </h1>
        <p class="muted">{t("Receipt {number}", { number: receipt.number })}</p>
        {receipt.change > 0 && (
          <p>
            <span class="muted block">{t("Change due")}</span>
            <span class="figure figure-huge num">{money(receipt.change)}</span>
          </p>
        )}
        <div aria-live="polite">
          <Outcome entry={entry} answer={answer.value} isLate={isLate.value} member={receipt.member_id} />
        </div>
        <div class="grid gap-2 sm:grid-cols-2">
          <Button tone="primary" tall data-focus onClick={next}>
            {t("Next order")}
          </Button>
          <Button tall icon="print" onClick={() => print()}>
            {t("Print the receipt")}
          </Button>
          {canUndo(entry, answer.value) && (
            <Button tall icon="undo" onClick={() => (undoing.value = true)}>
              {t("Undo this sale")}
            </Button>
          )}
        </div>
      </section>
      <Paper receipt={receipt} answer={answer.value} />
      {undoing.value && <Undo entry={entry} close={() => (undoing.value = false)} />}
    </div>
  );
}

/** Only by whoever rang it up, only for some minutes, and only what counts. */
function canUndo(entry: Entry, answer: Answer | null): boolean {
  const minutes = store.config.value?.settings.undo_minutes ?? 0;
  const isFresh = Date.now() - Date.parse(entry.wall) < minutes * 60_000;
  return entry.clerk === store.clerk.value?.id && isFresh && answer?.status !== "put_aside";
}

function Outcome({
  entry,
  answer,
  isLate,
  member,
}: {
  entry: Entry;
  answer: Answer | null;
  isLate: boolean;
  member: string;
}) {
  if (!store.loyalty.value) return null;
  if (!answer) {
    if (!member)
      return <p class="muted">{t("Without a member. The code on the receipt brings the points in later.")}</p>;
    return isLate ? (
      <Notice tone="warning">
        {t(
          "The visit is saved on this device. It is sent by itself as soon as there is a connection, and the points follow.",
        )}
      </Notice>
    ) : (
      <p class="muted">{t("Counting the points…")}</p>
    );
  }
  if (answer.status === "put_aside") return <NotDelivered entry={entry} answer={answer} />;
  const earned = answer.result?.settlement?.earned.filter((each) => each.points) ?? [];
  if (!member) return null;
  return (
    <div class="sheet grid gap-2">
      {earned.map((each) => (
        <p>
          <span class="figure figure-big plus">{t("+{points}", { points: pointsOf(each.unit, each.points) })}</span>
        </p>
      ))}
      {answer.warnings.includes("changed") && (
        <Notice tone="warning">
          {t("This is less than was shown before the payment: something changed meanwhile. Tell the member.")}
        </Notice>
      )}
      {!earned.length && <p>{answer.result?.settlement?.why_not[0]?.text ?? t("No points for this sale.")}</p>}
      {answer.accounts.map((each) => (
        <p class="muted">{t("Balance: {points}", { points: pointsOf(each.unit, each.balance) })}</p>
      ))}
    </div>
  );
}

/** The message of a visit that could not be counted, and what to do about it. */
export function NotDelivered({ answer }: { entry: Entry; answer: Answer }) {
  return (
    <Notice tone="error">
      <p class="font-semibold">{t("This visit could not be counted.")}</p>
      {answer.problem && <p>{answer.problem.detail}</p>}
      <p>
        {t(
          "The sale itself is fine. The visit waits in the back office, under Visits, where it can be put right; it will not be counted twice.",
        )}
      </p>
    </Notice>
  );
}

function Undo({ entry, close }: { entry: Entry; close: () => void }) {
  const deed = useDeed();
  const undo = (): void =>
    void deed.run(async () => {
      if (!canUndo(entry, null)) throw new Error(t("It is too late to undo this sale. Return or void it instead."));
      await happen({ kind: "undo", payload: { sale: { op: entry.id }, reason: t("Undone at once by the clerk") } });
      close();
      store.done.value = null;
      store.screen.value = "sell";
      await store.openOrder();
      store.tell(t("The sale is undone. Points and rewards go back."), "success");
    });
  return (
    <Dialog title={t("Undo this sale?")} close={close}>
      <div class="grid gap-4">
        <p>
          {t(
            "Points it earned are taken back, rewards it used come back. Give the money back yourself. Possible for {minutes} minutes.",
            { minutes: store.config.value?.settings.undo_minutes ?? 10 },
          )}
        </p>
        {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
        <div class="flex flex-wrap gap-3">
          <Button onClick={close}>{t("Keep it")}</Button>
          <Button tone="danger" class="grow" disabled={deed.busy} onClick={undo}>
            {t("Undo the sale")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
