// The rewards of the member for this bill: what can be had first, the others with what is missing.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isOnline } from "./api.ts";
import { money, parseAmount } from "./format.ts";
import { ask, choose, freeChoices, unchoose } from "./loyalty.ts";
import { quoteOf } from "./orders.ts";
import { pointsOf } from "./points.ts";
import type { Held, Offer, Order, Product } from "./types.ts";
import { Button, Dialog, Field, Icon, Notice, useDeed } from "./ui.tsx";
import { t } from "./words.ts";

export function Rewards({ order }: { order: Order }) {
  const deed = useDeed();
  const [paying, choosing] = [
    useSignal<Offer | null>(null),
    useSignal<{ offer: Offer; products: Product[] } | null>(null),
  ];
  const quote = quoteOf(order);
  useEffect(() => {
    if (!quote && order.lines.length) void deed.run(async () => void (await ask(order.id)));
  }, []);
  const take = (offer: Offer, more?: { amount?: number; free?: Product }): void =>
    void deed.run(async () => {
      paying.value = null;
      choosing.value = null;
      await choose(order.id, offer, more);
    });
  const give = (offer: Offer): void =>
    void deed.run(async () => {
      const products = await freeChoices(order, offer);
      if (products.length > 1) choosing.value = { offer, products };
      else await choose(order.id, offer, { free: products[0] });
    });
  const pick = (offer: Offer): void => {
    if (offer.kind === "cashback") paying.value = offer;
    else if (offer.kind === "free_product") give(offer);
    else take(offer);
  };
  const offers = quote?.offers ?? [];
  const isPaid = order.tenders.length > 0;
  return (
    <div class="grid gap-4">
      {!isOnline.value && (
        <Notice tone="warning">
          {t("Rewards need a connection. Without one the points stay where they are, and this sale still earns.")}
        </Notice>
      )}
      {!order.lines.length && (
        <Notice>{t("Ring something up first: what a reward is worth depends on the ticket.")}</Notice>
      )}
      {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
      {isPaid && (
        <Notice tone="warning">
          {t("A part is paid already. Take the payments back first, then choose rewards.")}
        </Notice>
      )}
      <HeldRewards order={order} />
      <div aria-live="polite" class="grid gap-2">
        {deed.busy && <p class="muted">{t("One moment…")}</p>}
        {quote && !offers.length && <Notice>{t("The programme offers no rewards yet.")}</Notice>}
        <ul class="grid gap-2">
          {offers.map((offer) => (
            <OfferRow offer={offer} busy={deed.busy || isPaid} pick={pick} />
          ))}
        </ul>
      </div>
      {paying.value && <HowMuch offer={paying.value} take={take} close={() => (paying.value = null)} />}
      {choosing.value && <WhichFree {...choosing.value} take={take} close={() => (choosing.value = null)} />}
    </div>
  );
}

function HeldRewards({ order }: { order: Order }) {
  const settled = quoteOf(order)?.settlement.rewards ?? [];
  const refused = quoteOf(order)?.refused ?? [];
  if (!order.held.length) return null;
  const row = (held: Held) => {
    const value = settled.find((each) => each.redemption === held.id)?.value;
    const why = refused.find((each) => each.key === held.id)?.why_not.text;
    return (
      <li class="notice tone-success items-center!">
        <Icon name="check" />
        <span class="min-w-0 grow">
          <strong>{held.name}</strong> {value !== undefined && <span class="num">{money(-value)}</span>}
          <span class="muted block text-sm">
            {why ?? t("{points} are held until the payment", { points: pointsOf(held.unit, held.points) })}
          </span>
        </span>
        <Button icon="cross" onClick={() => unchoose(order, held)}>
          {t("Take off")}
        </Button>
      </li>
    );
  };
  return (
    <section aria-label={t("On this ticket")}>
      <ul class="grid gap-2">{order.held.map(row)}</ul>
    </section>
  );
}

function OfferRow({ offer, pick, busy }: { offer: Offer; pick: (offer: Offer) => void; busy: boolean }) {
  // A free product that is not on the ticket yet is rung up when it is chosen.
  const isFree =
    offer.kind === "free_product" && offer.missing === 0 && offer.why_not?.code === "product_not_in_basket";
  const can = offer.why_not === null || isFree;
  const why =
    offer.missing > 0 ? t("{points} missing", { points: pointsOf(offer.unit, offer.missing) }) : offer.why_not?.text;
  return (
    <li>
      <button type="button" class="tile offer w-full" disabled={!can || busy} onClick={() => pick(offer)}>
        {offer.picture && <img class="offer-picture" src={offer.picture} alt="" loading="lazy" />}
        <span class="tile-name">{offer.name}</span>
        <span class="muted">
          {pointsOf(offer.unit, offer.points)}
          {offer.value > 0 && can && ` · ${money(-offer.value)}`}
        </span>
        {!can && <span class="offer-why">{why}</span>}
        {isFree && <span class="offer-why">{t("It is added to the ticket")}</span>}
      </button>
    </li>
  );
}

function HowMuch({
  offer,
  take,
  close,
}: {
  offer: Offer;
  take: (offer: Offer, more?: { amount: number }) => void;
  close: () => void;
}) {
  const [text, fault] = [useSignal(""), useSignal("")];
  const submit = (event: Event): void => {
    event.preventDefault();
    const amount = parseAmount(text.value);
    if (!amount || amount > offer.value) {
      fault.value = t("Type an amount up to {most}.", { most: money(offer.value) });
      return;
    }
    take(offer, { amount });
  };
  return (
    <Dialog title={offer.name} close={close}>
      <form class="grid gap-4" onSubmit={submit}>
        <Field
          label={t("Amount to pay with points")}
          hint={t("At most {most}", { most: money(offer.value) })}
          inputMode="decimal"
          big
          autofocus
          fault={fault.value}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <div class="grid gap-2 sm:grid-cols-2">
          <Button type="submit" tone="primary" tall>
            {t("Pay this much")}
          </Button>
          <Button tall onClick={() => take(offer)}>
            {t("As much as possible: {most}", { most: money(offer.value) })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function WhichFree({
  offer,
  products,
  take,
  close,
}: {
  offer: Offer;
  products: Product[];
  take: (offer: Offer, more: { free: Product }) => void;
  close: () => void;
}) {
  return (
    <Dialog title={t("Which one is free?")} close={close}>
      <ul class="till-tiles">
        {products.map((free) => (
          <li>
            <button type="button" class="tile w-full" onClick={() => take(offer, { free })}>
              <span class="tile-name">{free.name}</span>
              <span class="num muted">{money(free.price)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
