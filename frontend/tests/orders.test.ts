import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as orders from "../src/till/orders.ts";
import type { Order, Product, Quote } from "../src/till/types.ts";

const goods = (more: Partial<Product> = {}): Product => ({
  code: "bread",
  name: "Chleb",
  category: "pieczywo",
  price: 1290,
  vat_bp: 500,
  kind: "product",
  deposit: 0,
  barcode: "",
  weighed: false,
  ...more,
});
// The engine's own examples: what the till writes is what the server reads.
const quantities = JSON.parse(
  readFileSync(new URL("../../passage/engine/vectors/quantities.json", import.meta.url), "utf8"),
);
const order = (...products: Product[]): Order =>
  products.reduce((each, product) => orders.addProduct(each, product), orders.newOrder(1, "2026-03-02T11:00:00Z"));

test("the same product twice is one line, a noted one stays by itself", () => {
  const twice = order(goods(), goods());
  assert.deepEqual(
    twice.lines.map(({ quantity, amount }) => [quantity, amount]),
    [[2000, 2580]],
  );
  const noted = orders.addProduct(orders.setNote(twice, "1", "krojony"), goods());
  assert.deepEqual(
    noted.lines.map(({ id, note, quantity }) => [id, note, quantity]),
    [
      ["1", "krojony", 2000],
      ["2", "", 1000],
    ],
  );
});

test("a deposit follows its bottle: counted with it, gone with it", () => {
  const water = order(goods({ code: "water", price: 490, deposit: 50 }));
  const three = orders.setQuantity(water, "1", 3000);
  assert.deepEqual(
    three.lines.map(({ kind, amount, vat_bp }) => [kind, amount, vat_bp]),
    [
      ["product", 1470, 500],
      ["deposit", 150, null],
    ],
  );
  assert.deepEqual(orders.setQuantity(three, "1", 0).lines, []);
});

test("change comes off the cash and never off the card", () => {
  const paid = orders.addTender(orders.addTender(order(goods()), "card", 1000), "cash", 500);
  assert.deepEqual(orders.bookedTenders(paid), {
    tenders: [
      { kind: "card", amount: 1000 },
      { kind: "cash", amount: 290 },
    ],
    change: 210,
  });
  assert.equal(orders.mostOf(paid, "card"), 0);
});

test("what was paid in parts is booked once for each kind", () => {
  let paid = order(goods(), goods(), goods());
  for (const amount of [1290, 1000, 1580]) paid = orders.addTender(paid, "card", amount);
  assert.deepEqual(orders.bookedTenders(paid), { tenders: [{ kind: "card", amount: 3870 }], change: 0 });
});

test("too much by card gives no change", () => {
  const held = { id: "r1", reward: "x", name: "5 zł", points: 30, unit: "points", kind: "value_off", until: "" };
  const paid: Order = { ...orders.addTender(order(goods()), "card", 1290), held: [held] };
  const settlement = {
    payable: 790,
    rewards: [{ redemption: "r1", value: 500 }],
    lines: [],
  } as unknown as Quote["settlement"];
  const quoted: Order = { ...paid, quote: { settlement } as Quote, quoted: orders.stateOf(paid) };
  assert.equal(orders.bookedTenders(quoted).change, 0);
  assert.equal(orders.leftOf(quoted), -500);
});

test("equal parts add up to the bill, and are asked for one after the other", () => {
  let bill: Order = { ...order(goods({ price: 1000 })), people: 3 };
  const shares: number[] = [];
  while (orders.leftOf(bill) > 0) {
    shares.push(orders.shareOf(bill));
    bill = orders.addTender(bill, "card", orders.shareOf(bill));
  }
  assert.deepEqual(shares, [334, 333, 333]);
});

test("a bill is split by goods: every piece is on one of the two", () => {
  const water = goods({ code: "water", price: 490, deposit: 50 });
  const table = { ...order(goods(), goods(), water), table: "4", covers: 2 };
  const [rest, part] = orders.splitLines(
    table,
    new Map([
      ["1", 1000],
      ["2", 1000],
    ]),
    orders.newOrder(2, ""),
  );
  assert.deepEqual(
    rest.lines.map(({ id, quantity }) => [id, quantity]),
    [["1", 1000]],
  );
  assert.deepEqual(
    part.lines.map(({ id, amount }) => [id, amount]),
    [
      ["1", 1290],
      ["2", 490],
      ["2d", 50],
    ],
  );
  assert.equal(orders.totalOf(rest) + orders.totalOf(part), orders.totalOf(table));
  assert.deepEqual([part.table, part.covers, part.part_of], ["4", 2, table.id]);
});

test("rewards count only by the server's word on this very order", () => {
  const held = { id: "r1", reward: "x", name: "5 zł", points: 30, unit: "points", kind: "value_off", until: "" };
  const settlement = {
    payable: 790,
    rewards: [{ redemption: "r1", value: 500 }],
    lines: [],
  } as unknown as Quote["settlement"];
  const chosen: Order = { ...order(goods()), held: [held] };
  const quoted: Order = { ...chosen, quote: { settlement } as Quote, quoted: orders.stateOf(chosen) };
  assert.equal(orders.payableOf(quoted), 790);
  assert.deepEqual(orders.saleOf(quoted, { currency: "PLN", clerk: "" }).redemptions, ["r1"]);
  const changed = orders.addProduct(quoted, goods());
  assert.equal(orders.payableOf(changed), 2580);
  assert.deepEqual(orders.saleOf(changed, { currency: "PLN", clerk: "" }).redemptions, []);
});

test("the till's own guest and the member are both told", () => {
  const told = orders.saleOf(
    {
      ...order(goods()),
      guest: { reference: "K-17", email: "" },
      member: { id: "m" } as Order["member"],
      matched_by: "email",
    },
    { currency: "PLN", clerk: "Piotr" },
  );
  assert.deepEqual(
    [told.guest, told.member, told.matched_by, told.clerk_name],
    ["K-17", { id: "m" }, "email", "Piotr"],
  );
});

test("quantities are told as the API reads them", () => {
  for (const { why, thousandths, measured, written } of quantities.cases)
    assert.equal(orders.quantityText(thousandths, measured), written, why);
});

test("a tip is one line, and replaces the one before", () => {
  const tip = (amount: number) => ({ name: "Tip", amount, kind: "tip", vat_bp: null });
  const twice = orders.addAmount(orders.addAmount(order(goods()), tip(200)), tip(300));
  assert.deepEqual(
    twice.lines.map(({ kind, amount }) => [kind, amount]),
    [
      ["product", 1290],
      ["tip", 300],
    ],
  );
});
