// Held to the engine's own vectors: what the till prints is what the engine would say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { halfUp, priceOf, split, taxByRate } from "../src/till/money.ts";

const vectors = (name: string): any =>
  JSON.parse(readFileSync(new URL(`../../passage/engine/vectors/${name}.json`, import.meta.url), "utf8"));

test("a whole number is shared out as the engine shares it", () => {
  const { split: cases, percent } = vectors("split");
  assert.ok(cases.length > 5);
  for (const { why, total, weights, parts } of cases) assert.deepEqual(split(total, weights), parts, why);
  for (const { why, total, weights, parts } of percent) assert.deepEqual(split(total, weights), parts, why);
});

test("halves are rounded away from zero", () => {
  for (const { why, numerator, denominator, rounded } of vectors("split").half_up) {
    assert.equal(halfUp(numerator, denominator), rounded, why);
  }
});

test("tax is summed per rate and rounded once", () => {
  const { cases, discounts } = vectors("vat");
  const told = (lines: [number, number][]) =>
    Object.fromEntries(taxByRate(lines.map(([amount, vat_bp]) => ({ amount, vat_bp }))));
  for (const { why, lines, by_rate: wanted } of cases) assert.deepEqual(told(lines), wanted, why);
  for (const { why, lines, off, parts, before, after } of discounts) {
    const weights = lines.map(([amount]: [number]) => amount);
    assert.deepEqual(split(off, weights), parts, why);
    assert.deepEqual(told(lines), before, why);
    assert.deepEqual(
      told(lines.map(([amount, rate]: [number, number], at: number) => [amount - parts[at], rate])),
      after,
      why,
    );
  }
});

test("what cannot be shared is refused", () => {
  assert.throws(() => split(-1, [1]), RangeError);
  assert.throws(() => split(1, [0, 0]), RangeError);
});

test("weighed goods cost the nearest grosz", () => {
  assert.equal(priceOf(6900, 345), 2381); // 23.805 is 23.81
  assert.equal(priceOf(1290, 3000), 3870);
});
