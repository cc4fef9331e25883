// What the till says. The English stands in the source; French and Polish come from the catalogues, built in.

import { signal } from "@preact/signals";
import built from "passage-words";
import { setFormats, whole } from "./format.ts";

export const LANGUAGES = ["fr", "pl", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
export const OWN_NAMES: Record<Language, string> = { fr: "Français", pl: "Polski", en: "English" };
export const language = signal<Language>("en");

type Values = Record<string, string | number>;

export function speak(code: string): void {
  const known = LANGUAGES.find((each) => code.toLowerCase().startsWith(each)) ?? "en";
  language.value = known;
  setFormats({ language: known === "en" ? "en-GB" : known });
  document.documentElement.lang = known;
}

/** The text in the till's language, with its {values} put in. */
export function t(text: string, values?: Values): string {
  const said = built.words[language.value]?.[text];
  return filled(typeof said === "string" ? said : text, values);
}

/** The same text where one English word means several things: the context tells which. */
export function pt(context: string, text: string, values?: Values): string {
  const said = built.words[language.value]?.[`${context}\u0004${text}`];
  return filled(typeof said === "string" ? said : text, values);
}

/** One or many: `count` chooses the form, and is a value of the text itself. */
export function n(one: string, many: string, count: number, values?: Values): string {
  const forms = built.words[language.value]?.[one];
  const form = Array.isArray(forms) ? forms[formOf(language.value, count)] : undefined;
  return filled(form || (count === 1 ? one : many), { count: whole(count), ...values });
}

/** Which of the forms of a catalogue: the rules of its headers. */
export function formOf(code: string, count: number): number {
  if (code === "fr") return count > 1 ? 1 : 0;
  if (code !== "pl") return count === 1 ? 0 : 1;
  const [ten, hundred] = [count % 10, count % 100];
  if (count === 1) return 0;
  return ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14) ? 1 : 2;
}

export function helpText(page: string): string {
  const texts = built.help[page];
  return texts?.[language.value] ?? texts?.en ?? "";
}

function filled(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
