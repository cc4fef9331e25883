// Table, covers and the till's own guest: what an order in a restaurant is known by. The member is reached from here too.

import { signal, useSignal } from "@preact/signals";
import { match } from "./loyalty.ts";
import { MemberButton } from "./member.tsx";
import * as store from "./store.ts";
import type { Order } from "./types.ts";
import { Button, Dialog, Field, Stepper } from "./ui.tsx";
import { t } from "./words.ts";

export const isSeating = signal(false);
const MOST_COVERS = 999;

export function Seating({ order }: { order: Order }) {
  const [table, email, reference] = [
    useSignal(order.table),
    useSignal(order.guest.email),
    useSignal(order.guest.reference),
  ];
  const close = (): void => {
    isSeating.value = false;
    const guest = { email: email.value.trim(), reference: reference.value.trim() };
    const isNew = guest.email !== order.guest.email;
    store.change(order.id, (each) => ({
      ...each,
      table: table.value.trim(),
      guest,
      unmatched: isNew ? false : each.unmatched,
    }));
    if (isNew)
      void match(order.id).catch((error: unknown) =>
        store.tell(error instanceof Error ? error.message : "", "warning"),
      );
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    close();
  };
  return (
    <Dialog title={t("Table, covers and guest")} close={close}>
      <form class="grid gap-5" onSubmit={submit}>
        <Field
          label={t("Table")}
          maxLength={20}
          value={table.value}
          onInput={(event) => (table.value = event.currentTarget.value)}
        />
        <div class="flex items-center justify-between gap-3">
          <span class="font-semibold">{t("Covers")}</span>
          <Stepper
            label={t("Covers")}
            value={order.covers}
            most={MOST_COVERS}
            change={(to) => store.change(order.id, (each) => ({ ...each, covers: to }))}
          />
        </div>
        <MemberButton order={order} />
        <fieldset class="grid gap-3">
          <legend class="mb-2 font-semibold">{t("Guest in your own records (optional)")}</legend>
          <Field
            label={t("Name or number")}
            maxLength={60}
            value={reference.value}
            onInput={(event) => (reference.value = event.currentTarget.value)}
          />
          <Field
            label={t("E-mail")}
            type="email"
            maxLength={254}
            hint={t("When exactly one member has the same address, they are attached by themselves.")}
            value={email.value}
            onInput={(event) => (email.value = event.currentTarget.value)}
          />
        </fieldset>
        <Button type="submit" tone="primary" tall>
          {t("Done")}
        </Button>
      </form>
    </Dialog>
  );
}
