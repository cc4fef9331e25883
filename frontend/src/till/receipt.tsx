// The paper: 80 mm wide. On the screen it is a preview; printed, it is all there is.

import { dayAndClock, lastDay, money, percent, quantity } from "./format.ts";
import { pointsOf } from "./points.ts";
import * as store from "./store.ts";
import { tenderNames } from "./pay.tsx";
import type { Answer, Receipt } from "./types.ts";
import { t } from "./words.ts";

export function Paper({ receipt, answer }: { receipt: Receipt; answer: Answer | null }) {
  return (
    <section class="paper" aria-label={t("Receipt")}>
      <header>
        <p class="paper-name">{receipt.programme}</p>
        <p>{[receipt.shop, receipt.city].filter(Boolean).join(", ")}</p>
        <p>{dayAndClock(receipt.at)}</p>
        <p>
          {[t("Receipt {number}", { number: receipt.number }), receipt.table && `${t("Table")} ${receipt.table}`]
            .filter(Boolean)
            .join(" · ")}
        </p>
        {receipt.clerk && <p>{t("Served by {name}", { name: receipt.clerk })}</p>}
      </header>
      <table>
        <caption class="sr-only">{t("Lines of the receipt")}</caption>
        <tbody>
          {receipt.lines.map((line) => (
            <tr>
              <td>
                {quantity(line.quantity, line.weighed)} × {line.name}
                {line.note && <small>{line.note}</small>}
                {line.discount > 0 && <small>{t("Reward: {amount} off", { amount: money(line.discount) })}</small>}
              </td>
              <td>{money(line.amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl>
        {receipt.rewards.length > 0 && <Row label={t("Total")} text={money(receipt.total)} />}
        {receipt.rewards.map((each) => (
          <Row label={each.name} text={money(-each.value)} />
        ))}
        <Row label={t("To pay")} text={money(receipt.payable)} strong />
        {receipt.tenders.map((each) => (
          <Row label={tenderNames()[each.kind]} text={money(each.amount)} />
        ))}
        {receipt.change > 0 && <Row label={t("Change")} text={money(receipt.change)} />}
        {Object.entries(receipt.vat).map(([rate, tax]) => (
          <Row label={t("of which tax {rate}", { rate: percent(Number(rate)) })} text={money(tax)} />
        ))}
      </dl>
      <Loyalty receipt={receipt} answer={answer} />
      <p>{t("Thank you, and see you soon!")}</p>
    </section>
  );
}

function Row({ label, text, strong }: { label: string; text: string; strong?: boolean }) {
  return (
    <div class={strong ? "paper-sum" : ""}>
      <dt>{label}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function Loyalty({ receipt, answer }: { receipt: Receipt; answer: Answer | null }) {
  if (!receipt.member_id) {
    if (!receipt.claim) return null;
    const days = store.config.value?.settings.claim_days ?? 14;
    return (
      <div class="paper-loyalty">
        <p>
          {t("Forgot your card? With this code the points of this visit can be added within {days} days:", { days })}
        </p>
        <p class="paper-code">{receipt.claim.replace(/(.{5})(?=.)/, "$1-")}</p>
      </div>
    );
  }
  const earned = answer?.result?.settlement?.earned.filter((each) => each.points) ?? [];
  return (
    <div class="paper-loyalty">
      <p>{receipt.member}</p>
      {!answer && <p>{t("The points of this visit will be added.")}</p>}
      {earned.map((each) => (
        <p>{t("Earned: {points}", { points: pointsOf(each.unit, each.points) })}</p>
      ))}
      {answer?.accounts.map((each) => (
        <>
          <p>{t("Balance: {points}", { points: pointsOf(each.unit, each.balance) })}</p>
          {each.expiring > 0 && each.expiring_on && (
            <p>
              {t("{points} good until {day}", {
                points: pointsOf(each.unit, each.expiring),
                day: lastDay(each.expiring_on),
              })}
            </p>
          )}
        </>
      ))}
    </div>
  );
}
