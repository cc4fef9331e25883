// The form for a new member, and for putting wrong details right. A new address or number is confirmed before it counts.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as api from "./api.ts";
import { attach, memberOf } from "./loyalty.ts";
import * as store from "./store.ts";
import type { Found, Order } from "./types.ts";
import { Button, Field, Notice, useDeed } from "./ui.tsx";
import { t } from "./words.ts";

interface Details {
  first_name: string;
  last_name: string;
  phone: string;
  email: string;
}
type Name = keyof Details;
interface MemberResponse {
  id: string;
  details: (Details & Record<string, unknown>) | null;
}

const NOTHING: Details = { first_name: "", last_name: "", phone: "", email: "" };
const NAMES: readonly Name[] = ["first_name", "last_name", "phone", "email"];
const CONFIRMED: readonly Name[] = ["phone", "email"];

function labels(): Record<Name, string> {
  return { first_name: t("First name"), last_name: t("Last name"), phone: t("Phone"), email: t("E-mail") };
}

function beginWith(found: Found | null): Details {
  if (!found || found.found === "blank_card") return NOTHING;
  const { kind, value } = found.asked;
  if (kind === "phone" || kind === "email") return { ...NOTHING, [kind]: value };
  if (kind === "card") return NOTHING;
  const [first = "", ...rest] = value.split(/\s+/);
  return { ...NOTHING, first_name: first, last_name: rest.join(" ") };
}

export function MemberForm({ order, begin, done }: { order: Order; begin: Found | null; done: () => void }) {
  const isNew = begin !== null;
  const [values, before, etag] = [useSignal(beginWith(begin)), useSignal<Details>(NOTHING), useSignal("")];
  const [consents, confirming, faulty] = [useSignal<Record<string, boolean>>({}), useSignal(false), useSignal("")];
  const [key, deed] = [useSignal(crypto.randomUUID()), useDeed()];
  useEffect(() => {
    if (isNew || !order.member) return;
    const id = order.member.id;
    void deed.run(async () => {
      const { data, etag: mark } = await api.call<MemberResponse>("GET", `/members/${id}`);
      const told = { ...NOTHING, ...data.details };
      before.value = told;
      values.value = told;
      etag.value = mark;
    });
  }, []);
  const changed = NAMES.filter((name) => values.value[name].trim() !== before.value[name]);
  const save = async (): Promise<void> => {
    faulty.value = "";
    const body = {
      ...Object.fromEntries(changed.map((name) => [name, values.value[name].trim()])),
      ...consentsOf(consents.value),
    };
    try {
      const told = isNew
        ? await enrol(body, begin, key.value)
        : await edit(order.member?.id ?? "", body, etag.value, key.value);
      attach(order.id, await memberOf(told.id), isNew ? "new" : order.matched_by);
      done();
    } catch (error) {
      // Without an answer it may have been done: the same key then gets the same member and no second one.
      if (error instanceof api.Refusal) {
        key.value = crypto.randomUUID();
        faulty.value = error.field;
      }
      confirming.value = false;
      throw error;
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const asks = !isNew && changed.some((name) => CONFIRMED.includes(name));
    if (asks && !confirming.value) confirming.value = true;
    else void deed.run(save);
  };
  const inForm = NAMES.includes(faulty.value as Name);
  return (
    <form class="grid gap-4" onSubmit={submit}>
      {begin?.found === "blank_card" && (
        <Notice>{t("The card {number} becomes theirs in the same step.", { number: begin.card })}</Notice>
      )}
      {deed.fault && !inForm && <Notice tone="error">{deed.fault}</Notice>}
      {confirming.value ? (
        <Confirm
          changed={changed.filter((name) => CONFIRMED.includes(name))}
          before={before.value}
          now={values.value}
          back={() => (confirming.value = false)}
        />
      ) : (
        <Fields
          values={values.value}
          set={(name, text) => (values.value = { ...values.value, [name]: text })}
          faulty={faulty.value}
          fault={deed.fault}
        />
      )}
      {!confirming.value && (
        <Consents
          given={consents.value}
          set={(purpose, given) => (consents.value = { ...consents.value, [purpose]: given })}
          isNew={isNew}
        />
      )}
      <Button type="submit" tone="primary" tall disabled={deed.busy}>
        {confirming.value ? t("Yes, this is right") : isNew ? t("Add the member") : t("Save")}
      </Button>
    </form>
  );
}

function Fields({
  values,
  set,
  faulty,
  fault,
}: {
  values: Details;
  set: (name: Name, text: string) => void;
  faulty: string;
  fault: string;
}) {
  const kinds: Record<Name, "text" | "tel" | "email"> = {
    first_name: "text",
    last_name: "text",
    phone: "tel",
    email: "email",
  };
  const wanted = store.config.value?.settings.enrol_fields ?? NAMES;
  return (
    <div class="grid gap-4 sm:grid-cols-2">
      {NAMES.filter((name) => wanted.includes(name)).map((name, place) => (
        <Field
          label={labels()[name]}
          type={kinds[name]}
          autofocus={place === 0}
          maxLength={name === "email" ? 254 : 80}
          fault={faulty === name ? fault : undefined}
          value={values[name]}
          onInput={(event) => set(name, event.currentTarget.value)}
        />
      ))}
    </div>
  );
}

function Confirm({ changed, before, now, back }: { changed: Name[]; before: Details; now: Details; back: () => void }) {
  return (
    <div class="grid gap-3">
      <p class="font-semibold">{t("Read it back to the member. Is this right?")}</p>
      <dl class="grid gap-2">
        {changed.map((name) => (
          <div>
            <dt class="muted">{labels()[name]}</dt>
            <dd class="text-xl font-bold break-all">{now[name] || t("taken away")}</dd>
            {before[name] && <dd class="muted break-all">{t("was {value}", { value: before[name] })}</dd>}
          </div>
        ))}
      </dl>
      <Button onClick={back}>{t("No, change it")}</Button>
    </div>
  );
}

function Consents({
  given,
  set,
  isNew,
}: {
  given: Record<string, boolean>;
  set: (purpose: string, given: boolean) => void;
  isNew: boolean;
}) {
  if (!isNew) return null;
  return (
    <fieldset class="grid gap-2">
      <legend class="mb-1 font-semibold">{t("Ask; tick only what the member says yes to")}</legend>
      {(store.config.value?.consents ?? []).map((each) => (
        <label class="flex min-h-11 cursor-pointer items-start gap-3 py-1">
          <input
            type="checkbox"
            class="toggle-box mt-0.5"
            checked={given[each.purpose] ?? false}
            onChange={(event) => set(each.purpose, event.currentTarget.checked)}
          />
          <span>{each.text}</span>
        </label>
      ))}
    </fieldset>
  );
}

function consentsOf(given: Record<string, boolean>): { consents?: { purpose: string; given: boolean }[] } {
  const said = Object.entries(given).filter(([, yes]) => yes);
  return said.length ? { consents: said.map(([purpose]) => ({ purpose, given: true })) } : {};
}

async function enrol(body: Record<string, unknown>, begin: Found, key: string): Promise<MemberResponse> {
  const card = begin.found === "blank_card" ? { card: begin.card } : {};
  const told = await api.call<MemberResponse>("POST", "/members", {
    body: { ...body, ...card },
    headers: { "Idempotency-Key": key },
    patience: 6_000,
  });
  return told.data;
}

async function edit(id: string, body: Record<string, unknown>, etag: string, key: string): Promise<MemberResponse> {
  const headers = { "Idempotency-Key": key, ...(etag ? { "If-Match": etag } : {}) };
  return (await api.call<MemberResponse>("PATCH", `/members/${id}`, { body, headers, patience: 6_000 })).data;
}
