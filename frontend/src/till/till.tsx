// The till. It opens from what the device keeps; the network is asked afterwards.

import { effect } from "@preact/signals";
import { render } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { link } from "./api.ts";
import { keepFresh, lock, wake } from "./device.ts";
import { DoneScreen } from "./done.tsx";
import { Help } from "./help.tsx";
import { HistoryScreen } from "./history.tsx";
import { startDelivering } from "./journal.ts";
import { LockScreen } from "./lock.tsx";
import { startAsking } from "./loyalty.ts";
import { LoyaltyDialog, pane, seek } from "./member.tsx";
import { isEmpty, titleOf } from "./orders.ts";
import { PairingScreen } from "./pairing.tsx";
import { PayScreen } from "./pay.tsx";
import { wakePreferences } from "./preferences.tsx";
import { onScan, startScanner } from "./scanner.ts";
import { isSeating, Seating } from "./seating.tsx";
import { productBehind, ringUp, SellScreen } from "./sell.tsx";
import { SettingsScreen } from "./settings.tsx";
import { isSplitting, SplitDialog } from "./split.tsx";
import * as store from "./store.ts";
import { closeTicket } from "./ticket.tsx";
import { registerWorker } from "./worker.ts";
import { Icon, Notice, ToastLine } from "./ui.tsx";
import { Banner, WaitingScreen } from "./waiting.tsx";
import { n, speak, t } from "./words.ts";

function App() {
  if (!store.ready.value) return null;
  if (!store.pairing.value || store.reconnecting.value)
    return (
      <Frame>
        <PairingScreen />
      </Frame>
    );
  if (!store.clerk.value) return <Frame>{store.config.value ? <LockScreen /> : <Fetching />}</Frame>;
  return (
    <Frame>
      <Screens />
    </Frame>
  );
}

function Frame({ children }: { children: preact.ComponentChildren }) {
  const inside = Boolean(store.pairing.value && store.clerk.value);
  return (
    <>
      <a class="skip no-print" href="#main">
        {t("Skip to the content")}
      </a>
      <Header inside={inside} />
      <Banner />
      {children}
      <Toast />
      <Help />
    </>
  );
}

function Fetching() {
  return (
    <main id="main" class="till-page">
      <h1 class="text-2xl">{t("Till")}</h1>
      <p class="muted" role="status">
        {t("One moment: fetching what this till needs…")}
      </p>
    </main>
  );
}

function Header({ inside }: { inside: boolean }) {
  const words = { online: t("Connected"), offline: t("No connection"), slow: t("Slow connection") };
  return (
    <header class="fascia till-head no-print">
      <span class="till-brand">Passage</span>
      {inside ? <OrderTabs /> : <span class="grow" />}
      <span class={`till-link link-${link.value}`}>
        <span class="till-dot" aria-hidden="true" />
        <span class="max-sm:sr-only">{words[link.value]}</span>
      </span>
      {inside && <Menu />}
    </header>
  );
}

function OrderTabs() {
  const go = (id: string): void => {
    store.currentId.value = id;
    store.screen.value = "sell";
  };
  return (
    <nav class="till-tabs" aria-label={t("Open orders")}>
      {store.orders.value.map((order) => (
        <button
          type="button"
          class="fascia-link"
          aria-current={order.id === store.currentId.value ? "true" : undefined}
          onClick={() => go(order.id)}
        >
          {titleOf(order, { table: t("Table"), order: t("Order") })}
          {order.lines.length > 0 && (
            <span class="num text-sm opacity-80">{n("{count} line", "{count} lines", order.lines.length)}</span>
          )}
        </button>
      ))}
      {!store.orders.value.some(isEmpty) && (
        <button
          type="button"
          class="fascia-link"
          onClick={() => void store.openOrder().then(() => (store.screen.value = "sell"))}
        >
          <Icon name="plus" />
          <span class="sr-only">{t("New order")}</span>
        </button>
      )}
    </nav>
  );
}

function Menu() {
  const go = (screen: store.Screen) => () => {
    store.screen.value = screen;
  };
  const items = [
    { screen: "sell", icon: "back", word: t("Sell") },
    { screen: "history", icon: "receipt", word: t("Earlier sales") },
    { screen: "waiting", icon: "clock", word: t("Not sent yet") },
    { screen: "settings", icon: "settings", word: t("Settings") },
  ] as const;
  return (
    <nav class="till-menu" aria-label={t("Till")}>
      {items.map(({ screen, icon, word }) =>
        screen === store.screen.value || (screen === "sell" && ["pay", "done"].includes(store.screen.value)) ? null : (
          <button type="button" class="fascia-link" data-screen={screen} title={word} onClick={go(screen)}>
            <Icon name={icon} />
            <span class="max-xl:sr-only">{word}</span>
            {screen === "waiting" && store.waiting.value > 0 && (
              <span class="tag tag-brass">{store.waiting.value}</span>
            )}
          </button>
        ),
      )}
      <button type="button" class="fascia-link" title={t("Sign out")} onClick={lock}>
        <Icon name="lock" />
        <span class="max-lg:sr-only">{store.clerk.value?.name}</span>
        <span class="sr-only">{t("Sign out")}</span>
      </button>
    </nav>
  );
}

function Screens() {
  const order = store.current.value;
  const screen = store.screen.value === "pay" && !order ? "sell" : store.screen.value;
  // Before the screen is painted: what can be seen can be scanned at.
  useLayoutEffect(() => onScan((code) => void scanned(code)), []);
  useEffect(() => {
    if (!order) void store.openOrder();
  }, [order === null]);
  useEffect(() => {
    // The page has changed: whoever works by keys or by ear goes on from here.
    (document.querySelector<HTMLElement>("#main [data-focus]") ?? document.querySelector<HTMLElement>("#main"))?.focus({
      preventScroll: true,
    });
  }, [screen]);
  return (
    <main id="main" tabindex={-1} class="till-main" key={screen}>
      {screen === "sell" && <SellScreen />}
      {screen === "pay" && order && <PayScreen order={order} key={order.id} />}
      {screen === "done" && <DoneScreen />}
      {screen === "history" && <HistoryScreen />}
      {screen === "waiting" && <WaitingScreen />}
      {screen === "settings" && <SettingsScreen />}
      {order && <LoyaltyDialog order={order} />}
      {order && isSeating.value && <Seating order={order} key={order.id} />}
      {order && isSplitting.value && <SplitDialog order={order} />}
    </main>
  );
}

/** A product is rung up; anything else is somebody's card. After a payment it begins the next order. */
async function scanned(code: string): Promise<void> {
  const product = productBehind(code);
  if (store.screen.value === "done") {
    store.done.value = null;
    store.screen.value = "sell";
    await store.openOrder();
  }
  if (product && ["sell", "pay"].includes(store.screen.value)) {
    store.screen.value = "sell";
    ringUp(product);
  } else if (store.screen.value === "sell" || store.screen.value === "pay") seek(code);
}

function Toast() {
  return (
    <div class="till-toast no-print" aria-live="polite">
      <ToastLine />
    </div>
  );
}

function NoStorage() {
  return (
    <main id="main" class="till-page">
      <h1 class="text-2xl">{t("Till")}</h1>
      <Notice tone="error">
        {t(
          "This browser keeps nothing on the device, so no sale would be safe. Leave the private window, free some storage, or use another browser.",
        )}
      </Notice>
    </main>
  );
}

async function start(): Promise<void> {
  const root = document.querySelector("#till");
  if (!root) return;
  try {
    await Promise.all([wake(), wakePreferences()]);
  } catch {
    // A private window, or a storage that is full or broken: better no till than one that forgets sales.
    speak(navigator.language);
    root.replaceChildren();
    render(<NoStorage />, root);
    return;
  }
  root.replaceChildren();
  render(<App />, root);
  performance.mark("till-ready");
  store.failed.toKeep = () =>
    store.tell(
      t("This device could not save the change. Its storage may be full: sell on paper and call for help."),
      "error",
    );
  effect(() => {
    if (store.clerk.value) return;
    pane.value = "";
    isSeating.value = isSplitting.value = false;
    closeTicket();
  });
  startScanner();
  startAsking();
  startDelivering();
  keepFresh();
  registerWorker();
  matchMedia("(max-width: 48rem)").addEventListener("change", () => (store.showsTicket.value = false));
}

void start();
