// The selling screen: what can be rung up on one side, the ticket on the other.

import { computed, signal, useSignal } from "@preact/signals";
import { money, parseAmount, parseWeight, percent } from "./format.ts";
import { addAmount, addProduct, payableOf } from "./orders.ts";
import * as store from "./store.ts";
import { beep } from "./sound.ts";
import { PayButton, Ticket } from "./ticket.tsx";
import type { Order, Product } from "./types.ts";
import { Button, Dialog, Field, Icon, Notice } from "./ui.tsx";
import { t } from "./words.ts";

const ALL = "";
const category = signal(ALL);
const search = signal("");
const weighing = signal<Product | null>(null);
const isTyping = signal(false);

const categories = computed(() => [...new Set(store.products.value.map((each) => each.category).filter(Boolean))]);
const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l").toLowerCase();
const shown = computed(() => {
  const wanted = plain(search.value.trim());
  return store.products.value.filter((each) =>
    wanted
      ? plain(each.name).includes(wanted) || each.code === wanted || each.barcode === wanted
      : !category.value || each.category === category.value,
  );
});

export function SellScreen() {
  const order = store.current.value;
  return (
    <div class="till-split" data-side={store.showsTicket.value ? "ticket" : "goods"}>
      <section class="till-goods" aria-label={t("Products")}>
        <div class="till-search">
          <label class="relative min-w-0 grow">
            <span class="sr-only">{t("Search a product")}</span>
            <span class="muted absolute left-3 top-1/2 -translate-y-1/2">
              <Icon name="search" />
            </span>
            <input
              type="search"
              class="field-input pl-11!"
              placeholder={t("Search a product")}
              value={search.value}
              onInput={(event) => (search.value = event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && shown.value[0]) ringUp(shown.value[0]);
              }}
            />
          </label>
          <Button icon="plus" onClick={() => (isTyping.value = true)}>
            {t("Amount")}
          </Button>
        </div>
        <Categories />
        <Products />
      </section>
      {order && <Ticket order={order} />}
      {order && <Bar order={order} />}
      {weighing.value && <Weigh product={weighing.value} />}
      {isTyping.value && <TypedAmount />}
    </div>
  );
}

/** On a phone, at the bottom of the screen: what is to be paid, which opens the order, and Pay. */
function Bar({ order }: { order: Order }) {
  const shows = store.showsTicket.value;
  return (
    <div class="till-bar">
      <Button
        class="till-turn"
        tall
        icon={shows ? "back" : "receipt"}
        data-total={shows ? undefined : true}
        onClick={() => (store.showsTicket.value = !shows)}
      >
        {shows ? t("Products") : t("Ticket: {amount}", { amount: money(payableOf(order)) })}
      </Button>
      <PayButton order={order} short />
    </div>
  );
}

function Categories() {
  if (!categories.value.length) return null;
  const choose = (to: string): void => {
    category.value = to;
    search.value = "";
  };
  return (
    <div class="till-chips" role="group" aria-label={t("Categories")}>
      {[ALL, ...categories.value].map((each) => (
        <button
          type="button"
          class="chip"
          aria-pressed={category.value === each && !search.value}
          onClick={() => choose(each)}
        >
          {each || t("Everything")}
        </button>
      ))}
    </div>
  );
}

function Products() {
  if (!store.products.value.length)
    return (
      <Notice>
        {t("No products yet. Ring up amounts, or add products in the back office; they appear here by themselves.")}
      </Notice>
    );
  if (!shown.value.length)
    return <Notice>{t("No product is called that. Try fewer letters, or ring up an amount.")}</Notice>;
  return (
    <ul class="till-tiles">
      {shown.value.map((product) => (
        <li key={product.code}>
          <button type="button" class="tile" onClick={() => ringUp(product)}>
            <span class="tile-name">{product.name}</span>
            <span class="num muted">
              {money(product.price)}
              {product.weighed && " / kg"}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Rings a product up on the open order; what is weighed asks for its weight first. */
export function ringUp(product: Product): void {
  search.value = "";
  if (product.weighed) {
    weighing.value = product;
    return;
  }
  store.changeCurrent((order) => addProduct(order, product, undefined, t("Deposit: {name}", { name: product.name })));
  beep(true);
}

/** The product behind a scanned code; undefined when it is none. */
export function productBehind(code: string): Product | undefined {
  return store.products.value.find((each) => (each.barcode && each.barcode === code) || each.code === code);
}

function Weigh({ product }: { product: Product }) {
  const [text, fault] = [useSignal(""), useSignal("")];
  const submit = (event: Event): void => {
    event.preventDefault();
    const weight = parseWeight(text.value);
    if (!weight) {
      fault.value = t("Type the weight in kilograms, such as 0.345.");
      return;
    }
    store.changeCurrent((order) => addProduct(order, product, weight));
    weighing.value = null;
  };
  return (
    <Dialog title={product.name} close={() => (weighing.value = null)}>
      <form class="grid gap-4" onSubmit={submit}>
        <Field
          label={t("Weight in kilograms")}
          inputMode="decimal"
          big
          autofocus
          fault={fault.value}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <Button type="submit" tone="primary" tall>
          {t("Add to the ticket")}
        </Button>
      </form>
    </Dialog>
  );
}

const RATES: Record<string, number[]> = { PL: [2300, 800, 500, 0], FR: [2000, 1000, 550, 210] };

function TypedAmount() {
  const rates = ratesOf();
  const [text, name, rate, fault] = [useSignal(""), useSignal(""), useSignal(rates[0] ?? 0), useSignal("")];
  const submit = (event: Event): void => {
    event.preventDefault();
    const amount = parseAmount(text.value);
    if (!amount) {
      fault.value = t("Type an amount, such as 12.50.");
      return;
    }
    const line = { name: name.value.trim() || t("Goods"), amount, kind: "product", vat_bp: rate.value };
    store.changeCurrent((order) => addAmount(order, line));
    isTyping.value = false;
  };
  return (
    <Dialog title={t("Ring up an amount")} close={() => (isTyping.value = false)}>
      <form class="grid gap-4" onSubmit={submit}>
        <Field
          label={t("Amount")}
          inputMode="decimal"
          big
          autofocus
          fault={fault.value}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <Field
          label={t("What it is (optional)")}
          maxLength={80}
          value={name.value}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
        <fieldset class="grid gap-2">
          <legend class="font-semibold">{t("Tax")}</legend>
          <div class="flex flex-wrap gap-2">
            {rates.map((each) => (
              <Button
                aria-pressed={rate.value === each}
                tone={rate.value === each ? "primary" : "plain"}
                onClick={() => (rate.value = each)}
              >
                {percent(each)}
              </Button>
            ))}
          </div>
        </fieldset>
        <Button type="submit" tone="primary" tall>
          {t("Add to the ticket")}
        </Button>
      </form>
    </Dialog>
  );
}

/** The rates of the shop's own goods first, then those of its country. */
function ratesOf(): number[] {
  const own = store.products.value.map((each) => each.vat_bp).filter((each) => each !== null);
  const country = RATES[store.config.value?.programme.region ?? ""] ?? [0];
  return [...new Set([...own, ...country])].slice(0, 6);
}
