// Points in words: each unit by its own kind.

import { money } from "./format.ts";
import * as store from "./store.ts";
import { n } from "./words.ts";

/** Points or stamps with their word; a purse is money. */
export function pointsOf(unit: string, points: number): string {
  const kind = store.config.value?.units.find((each) => each.code === unit)?.kind;
  if (kind === "purse") return money(points);
  return kind === "stamps"
    ? n("{count} stamp", "{count} stamps", points)
    : n("{count} point", "{count} points", points);
}
