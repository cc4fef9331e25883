import assert from "node:assert/strict";
import { test } from "node:test";
import { claimCode } from "../src/till/claim.ts";
import * as format from "../src/till/format.ts";

test("an amount is read with a comma, a point and spaces, and never guessed", () => {
  const read = ["12", "12,5", "12.50", "1 234,56", "0,05", ",5"].map((text) => format.parseAmount(text, 2));
  assert.deepEqual(read, [1200, 1250, 1250, 123456, 5, 50]);
  for (const text of ["", "12,345", "1.2.3", "-5", "5e3", "zł 5", "."])
    assert.equal(format.parseAmount(text, 2), null, text);
});

test("minor units are written without a floating number", () => {
  assert.deepEqual(
    [-5, 0, 7, 123456789].map((each) => format.decimal(each, 2)),
    ["-0.05", "0.00", "0.07", "1234567.89"],
  );
  format.setFormats({ language: "pl", currency: "PLN" });
  assert.equal(format.money(123456).replace(/\s/g, " "), "1234,56 zł");
  format.setFormats({ language: "fr", currency: "EUR" });
  assert.equal(format.money(123456).replace(/\s/g, " "), "1 234,56 €");
});

test("weights are thousandths", () => {
  assert.deepEqual(["0,345", "1.2", "0", "12,3456"].map(format.parseWeight), [345, 1200, null, null]);
});

test("the claim code is the one that the server makes", async () => {
  const key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  assert.equal(await claimCode(key, "5b8f3c1e-52f3-4c0e-9d55-0d2c3a0c9b11"), "2R0JV34C6D");
});
