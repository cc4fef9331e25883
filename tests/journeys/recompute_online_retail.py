"""Recomputes receipts, totals and points of the Online Retail file, knowing nothing of Passage.

    python recompute_online_retail.py online-retail.csv.gz

Plain Python and the standard library; the rules are those of docs/connectors/csv.md, written a second time
from the words and not from the code. Prints one JSON object. The programme it answers for gives

- one point for every whole pound of what a member bought and did not bring back, over all receipts together, and
- ten points for every receipt of which not everything came back.
"""

import csv
import gzip
import json
import sys
from collections import defaultdict


def pence(price, pieces):
    """Price times pieces, to the nearest penny, halves up: by shifting the point, without any fraction."""
    pounds, _, rest = price.partition(".")
    places = len(rest)
    total = int(pounds + rest) * pieces * 100
    return (total + 10**places // 2) // 10**places if places else total


def plain(price):
    """One spelling of a price, so that 7.5 and 7.50 are the same."""
    pounds, _, rest = price.partition(".")
    rest = rest.rstrip("0")
    return f"{int(pounds)}.{rest}"


def read(path):
    """Every invoice with its lines, in the order of the file; and how many lines name nobody."""
    invoices, nobody = {}, 0
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            who = line["CustomerID"].strip().removesuffix(".0")
            if not who:
                nobody += 1
                continue
            invoice = invoices.setdefault(
                line["InvoiceNo"], {"number": line["InvoiceNo"], "who": who, "when": line["InvoiceDate"], "lines": []}
            )
            pieces = abs(int(line["Quantity"]))
            invoice["lines"].append(
                {
                    "what": line["StockCode"],
                    "price": plain(line["UnitPrice"]),
                    "pieces": pieces,
                    "left": pieces,
                    "pence": pence(line["UnitPrice"], pieces),
                    "gift": line["StockCode"].startswith("gift_0001_"),
                }
            )
    return invoices, nobody


def latest_first(invoice):
    return invoice["when"], len(invoice["number"]), invoice["number"]


def bring_back(sales, cancellations):
    """Takes each cancelled line off the latest sales it fits; answers with (cancellation, sale) pairs and the rest."""
    shelves = defaultdict(list)
    for sale in sorted(sales, key=latest_first, reverse=True):
        for line in sale["lines"]:
            shelves[sale["who"], line["what"], line["price"]].append((sale, line))
    pairs, unmatched, value = set(), 0, 0
    for cancellation in sorted(cancellations, key=latest_first):
        for wanted in cancellation["lines"]:
            open_pieces = wanted["pieces"]
            for sale, line in shelves[cancellation["who"], wanted["what"], wanted["price"]]:
                taken = min(open_pieces, line["left"]) if sale["when"] <= cancellation["when"] else 0
                if taken:
                    line["left"] -= taken
                    open_pieces -= taken
                    pairs.add((cancellation["number"], sale["number"]))
                    value += pence(line["price"], taken)
            unmatched += 1 if open_pieces else 0
    return pairs, unmatched, value


def recompute(path):
    invoices, nobody = read(path)
    sales = [invoice for number, invoice in invoices.items() if not number.startswith("C")]
    cancellations = [invoice for number, invoice in invoices.items() if number.startswith("C")]
    pairs, unmatched, returned = bring_back(sales, cancellations)
    kept, visits = defaultdict(int), defaultdict(int)
    members = {invoice["who"] for invoice in invoices.values()}
    for sale in sales:
        earning = [line for line in sale["lines"] if not line["gift"] and line["left"]]
        kept[sale["who"]] += sum(pence(line["price"], line["left"]) for line in earning)
        visits[sale["who"]] += 1 if earning else 0
    return {
        "lines": sum(len(invoice["lines"]) for invoice in invoices.values()) + nobody,
        "lines_without_member": nobody,
        "members": len(members),
        "sales": len(sales),
        "sold": sum(line["pence"] for sale in sales for line in sale["lines"]),
        "cancellations": len(cancellations),
        "returns": len(pairs),
        "returned": returned,
        "unmatched_lines": unmatched,
        "receipts": {sale["number"]: sum(line["pence"] for line in sale["lines"]) for sale in sales},
        "pounds": {who: kept[who] // 100 for who in sorted(members)},
        "points": {who: kept[who] // 100 + 10 * visits[who] for who in sorted(members)},
    }


if __name__ == "__main__":
    json.dump(recompute(sys.argv[1]), sys.stdout)
