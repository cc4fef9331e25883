// The first screen of a new device: a code from the back office, or a log-in that is not kept.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { link } from "./api.ts";
import { pair, StillWaiting, type Choice } from "./device.ts";
import * as store from "./store.ts";
import { Button, Field, Notice, useDeed } from "./ui.tsx";
import { LanguageChoice } from "./preferences.tsx";
import { t } from "./words.ts";

export function PairingScreen() {
  const byCode = useSignal(true);
  return (
    <main id="main" class="mx-auto grid w-full max-w-xl gap-5 p-4 sm:pt-10">
      <div class="flex flex-wrap items-center justify-between gap-3">
        <h1 class="text-3xl">{t("Connect this till")}</h1>
        <LanguageChoice />
      </div>
      {!isSecureContext && (
        <Notice tone="error">{t("This page needs a secure address (https). Ask whoever set Passage up.")}</Notice>
      )}
      {link.value !== "online" && (
        <Notice tone="warning">
          {t("There is no connection. To connect a till for the first time it needs a network.")}
        </Notice>
      )}
      {store.cutOff.value && (
        <Notice tone="warning">
          {t("This device was disconnected in the back office. Connect it anew to go on.")}
        </Notice>
      )}
      <div class="sheet grid gap-5">
        <div class="join" role="group" aria-label={t("How to connect")}>
          <Button
            class="join-item grow"
            aria-pressed={byCode.value}
            tone={byCode.value ? "primary" : "plain"}
            onClick={() => (byCode.value = true)}
          >
            {t("By code")}
          </Button>
          <Button
            class="join-item grow"
            aria-pressed={!byCode.value}
            tone={byCode.value ? "plain" : "primary"}
            onClick={() => (byCode.value = false)}
          >
            {t("By e-mail and password")}
          </Button>
        </div>
        {byCode.value ? <ByCode /> : <ByLogin />}
      </div>
      {store.reconnecting.value && (
        <Button class="justify-self-start" icon="back" onClick={() => (store.reconnecting.value = false)}>
          {t("Back to the settings")}
        </Button>
      )}
      <p class="muted">
        {t("Only adding points, without a till of your own?")}{" "}
        <a class="link" href="/till/points">
          {t("Add points by hand")}
        </a>
      </p>
    </main>
  );
}

async function connect(body: Record<string, string>): Promise<Choice[]> {
  try {
    return await pair(body);
  } catch (error) {
    if (error instanceof StillWaiting)
      throw new Error(t("Visits still wait on this device. They have to be sent before it is connected anew."));
    throw error;
  }
}

/** The QR code of the back office leads here with the code behind the #, which no server sees. */
const codeInAddress = (): string => decodeURIComponent(location.hash.slice(1));

function ByCode() {
  const code = useSignal(codeInAddress());
  const deed = useDeed();
  useEffect(() => {
    const read = (): void => void (code.value = codeInAddress() || code.value);
    read(); // it may have changed while the page was being drawn
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    void deed.run(async () => {
      await connect({ code: code.value });
      history.replaceState(null, "", location.pathname);
    });
  };
  return (
    <form class="grid gap-4" onSubmit={submit}>
      <Field
        label={t("Code")}
        hint={t(
          "In the back office, under Tills, choose the till and press “Connect a device”. The code is good for fifteen minutes.",
        )}
        fault={deed.fault}
        big
        required
        autocapitalize="characters"
        value={code.value}
        onInput={(event) => (code.value = event.currentTarget.value)}
      />
      <Button type="submit" tone="primary" tall disabled={deed.busy || !code.value.trim()}>
        {t("Connect")}
      </Button>
    </form>
  );
}

function ByLogin() {
  const [email, password, choices] = [useSignal(""), useSignal(""), useSignal<Choice[]>([])];
  const deed = useDeed();
  const ask = (more: Record<string, string>): void =>
    void deed.run(async () => {
      choices.value = await connect({ email: email.value, password: password.value, ...more });
    });
  if (choices.value.length)
    return (
      <Choices
        choices={choices.value}
        busy={deed.busy}
        fault={deed.fault}
        take={(each) => ask({ shop: each.shop, till: each.till })}
      />
    );
  const submit = (event: Event): void => {
    event.preventDefault();
    ask({});
  };
  return (
    <form class="grid gap-4" onSubmit={submit}>
      <p class="muted">{t("Your log-in of the back office. The password is used once and not kept on this device.")}</p>
      <Field
        label={t("E-mail")}
        type="email"
        required
        autocomplete="username"
        value={email.value}
        onInput={(event) => (email.value = event.currentTarget.value)}
      />
      <Field
        label={t("Password")}
        type="password"
        required
        autocomplete="current-password"
        fault={deed.fault}
        value={password.value}
        onInput={(event) => (password.value = event.currentTarget.value)}
      />
      <Button type="submit" tone="primary" tall disabled={deed.busy}>
        {t("Connect")}
      </Button>
    </form>
  );
}

function Choices({
  choices,
  take,
  busy,
  fault,
}: {
  choices: Choice[];
  take: (each: Choice) => void;
  busy: boolean;
  fault: string;
}) {
  return (
    <div class="grid gap-3">
      <h2>{t("Which till is this?")}</h2>
      {fault && <Notice tone="error">{fault}</Notice>}
      {choices.map((each) => (
        <Button tall disabled={busy} onClick={() => take(each)}>
          {t("{shop}, till {till}", { shop: each.shop_name, till: each.till })}
          {each.paired && <span class="muted font-normal">{t("a device is connected; it will be disconnected")}</span>}
        </Button>
      ))}
    </div>
  );
}
