import assert from "node:assert/strict";
import { test } from "node:test";
import { noteOf, originOf } from "../src/till/types.ts";

test("what the server gave to keep is told by its own id, and its seal is passed on as it is", () => {
  const id = "5b8f3c1e-52f3-4c0e-9d55-0d2c3a0c9b11";
  assert.deepEqual(noteOf(`${id}.gAAAA-_=.x`), { id, done: "gAAAA-_=.x" });
});

test("a pairing is named by the public part of its key", () => {
  assert.equal(originOf("pk_7rk9gvs0_2GJqaAbZ6aLwVdLKIeJmJrKeRWInuua3KuHwg0kzI6w"), "7rk9gvs0");
  assert.equal(originOf(""), "");
});
