"""The floor: the writes of a purchase in plain tables, by one call of the database and nothing around it.

One purchase is a look-up of its card, a purchase with its documents, and in each of two units an entry, a lot and a
new balance, and one counter: what the product writes, without its rules, its defences and its answers.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

POINTS, STAMPS = 85, 4
BATCH = 1000

_TABLES = """
CREATE TABLE raw_card (programme_id bigint, number text, member_id bigint, PRIMARY KEY (programme_id, number));
CREATE TABLE raw_account (id {serial}, programme_id bigint, member_id bigint, unit_id int, balance bigint NOT NULL,
  UNIQUE (programme_id, member_id, unit_id));
CREATE TABLE raw_purchase (id {serial}, programme_id bigint, client_id text NOT NULL, member_id bigint,
  total bigint, kept {json}, at {moment}, UNIQUE (programme_id, client_id));
CREATE INDEX raw_purchase_member ON raw_purchase (programme_id, member_id, at);
CREATE TABLE raw_entry (id {serial}, programme_id bigint, account_id bigint, cause bigint, points bigint, at {moment});
CREATE INDEX raw_entry_account ON raw_entry (programme_id, account_id, id);
CREATE INDEX raw_entry_cause ON raw_entry (programme_id, cause);
CREATE TABLE raw_lot (id {serial}, programme_id bigint, account_id bigint, entry_id bigint, size bigint, "left" bigint);
CREATE INDEX raw_lot_open ON raw_lot (programme_id, account_id) WHERE "left" > 0;
CREATE TABLE raw_tally (programme_id bigint, member_id bigint, rule_id int, points bigint, times int,
  PRIMARY KEY (programme_id, member_id, rule_id));
"""
_MEMBERS = (
    "INSERT INTO raw_card SELECT 1, number, member_id FROM cards_card;"
    "INSERT INTO raw_account (programme_id, member_id, unit_id, balance) SELECT 1, member_id, 1, 0 FROM cards_card;"
    "INSERT INTO raw_account (programme_id, member_id, unit_id, balance) SELECT 1, member_id, 2, 0 FROM cards_card;"
)
# Written so that both databases read it alike.
_TALLY = (
    "ON CONFLICT (programme_id, member_id, rule_id) DO UPDATE "
    "SET points = raw_tally.points + excluded.points, times = raw_tally.times + excluded.times"
)
_PG_TABLES = _TABLES.format(serial="bigserial PRIMARY KEY", json="jsonb", moment="timestamptz DEFAULT now()")
_LITE_TABLES = _TABLES.format(serial="integer PRIMARY KEY", json="text", moment="text DEFAULT CURRENT_TIMESTAMP")
_ONE = f"""
CREATE FUNCTION raw_sale(_client text, _card text, _kept jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE _member bigint; _purchase bigint; _account bigint; _entry bigint;
BEGIN
  SELECT member_id INTO STRICT _member FROM raw_card WHERE programme_id = 1 AND number = _card;
  INSERT INTO raw_purchase (programme_id, client_id, member_id, total, kept)
    VALUES (1, _client, _member, 8550, _kept) RETURNING id INTO _purchase;
  FOR _unit IN 1..2 LOOP
    UPDATE raw_account SET balance = balance + CASE _unit WHEN 1 THEN {POINTS} ELSE {STAMPS} END
      WHERE programme_id = 1 AND member_id = _member AND unit_id = _unit RETURNING id INTO _account;
    INSERT INTO raw_entry (programme_id, account_id, cause, points)
      VALUES (1, _account, _purchase, CASE _unit WHEN 1 THEN {POINTS} ELSE {STAMPS} END) RETURNING id INTO _entry;
    INSERT INTO raw_lot (programme_id, account_id, entry_id, size, "left")
      VALUES (1, _account, _entry, {POINTS}, {POINTS});
  END LOOP;
  INSERT INTO raw_tally VALUES (1, _member, 1, {POINTS}, 1) {_TALLY};
  RETURN _purchase;
END $$;
"""
_MANY = f"""
WITH bought AS (
  INSERT INTO raw_purchase (programme_id, client_id, member_id, total, kept)
  SELECT 1, asked.client, card.member_id, 8550, asked.kept::jsonb
    FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked(client, number, kept)
    JOIN raw_card card ON card.programme_id = 1 AND card.number = asked.number
  RETURNING id, member_id
), moved AS (
  UPDATE raw_account account SET balance = balance + sums.times * CASE unit_id WHEN 1 THEN {POINTS} ELSE {STAMPS} END
    FROM (SELECT member_id, count(*) AS times FROM bought GROUP BY member_id) sums
   WHERE account.programme_id = 1 AND account.member_id = sums.member_id
), counted AS (
  INSERT INTO raw_tally SELECT 1, member_id, 1, count(*) * {POINTS}, count(*) FROM bought GROUP BY member_id {_TALLY}
), entered AS (
  INSERT INTO raw_entry (programme_id, account_id, cause, points)
  SELECT 1, account.id, bought.id, CASE account.unit_id WHEN 1 THEN {POINTS} ELSE {STAMPS} END
    FROM bought JOIN raw_account account ON account.programme_id = 1 AND account.member_id = bought.member_id
  RETURNING id, account_id, points
)
INSERT INTO raw_lot (programme_id, account_id, entry_id, size, "left")
SELECT 1, account_id, id, points, points FROM entered
"""
# CROSS JOIN is how SQLite is told to begin with the batch and not with every card there is.
_LITE_BOUGHT = "FROM raw_purchase bought WHERE bought.id > :after"
_LITE_MANY = (
    "INSERT INTO raw_purchase (programme_id, client_id, member_id, total, kept) "
    "SELECT 1, json_extract(a.value, '$[0]'), card.member_id, 8550, json_extract(a.value, '$[2]') "
    "FROM json_each(:asked) a CROSS JOIN raw_card card ON card.programme_id = 1 AND card.number = json_extract(a.value, '$[1]')",
    "UPDATE raw_account SET balance = balance + sums.times * CASE unit_id WHEN 1 THEN :points ELSE :stamps END "
    f"FROM (SELECT member_id, count(*) AS times {_LITE_BOUGHT} GROUP BY member_id) sums "
    "WHERE raw_account.programme_id = 1 AND raw_account.member_id = sums.member_id",
    f"INSERT INTO raw_tally SELECT 1, member_id, 1, count(*) * :points, count(*) {_LITE_BOUGHT} GROUP BY member_id {_TALLY}",
    "INSERT INTO raw_entry (programme_id, account_id, cause, points) "
    "SELECT 1, account.id, bought.id, CASE account.unit_id WHEN 1 THEN :points ELSE :stamps END FROM raw_purchase bought "
    "CROSS JOIN raw_account account ON account.programme_id = 1 AND account.member_id = bought.member_id WHERE bought.id > :after",
    'INSERT INTO raw_lot (programme_id, account_id, entry_id, size, "left") '
    "SELECT 1, account_id, id, points, points FROM raw_entry WHERE id > :entered",
)


@dataclass(frozen=True, slots=True)
class RawSale:
    """A purchase as the raw arm is asked for it."""

    client_id: str
    card: str
    kept: str


def fresh_id() -> str:
    return uuid.uuid4().hex


class PostgresFloor:
    """One connection to the plain tables in PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)

    def lay(self) -> None:
        self.connection.execute(_PG_TABLES + _MEMBERS + _ONE + "ANALYZE;")

    def sell_many(self, batch: Sequence[RawSale]) -> None:
        columns = [[a.client_id for a in batch], [a.card for a in batch], [a.kept for a in batch]]
        self.connection.execute(_MANY, columns)

    def count(self) -> int:
        return self._number("SELECT count(*) FROM raw_purchase")

    def whole(self) -> bool:
        """Whether every purchase has its two entries and lots, and the balances are their sum."""
        purchases = self.count()
        entries, lots = self._number("SELECT count(*) FROM raw_entry"), self._number("SELECT count(*) FROM raw_lot")
        points = self._number("SELECT coalesce(sum(points), 0)::bigint FROM raw_entry")
        held = self._number("SELECT coalesce(sum(balance), 0)::bigint FROM raw_account")
        return entries == lots == 2 * purchases and points == held == purchases * (POINTS + STAMPS)

    def _number(self, statement: str) -> int:
        row = self.connection.execute(statement).fetchone()  # type: ignore[call-overload]
        return int(row[0]) if row else 0

    def close(self) -> None:
        self.connection.close()


class SqliteFloor:
    """One connection to the plain tables in SQLite, opened as the product opens it."""

    def __init__(self, file: str) -> None:
        from passage.config.databases import WEB, sqlite_pragmas

        self.connection = sqlite3.connect(file, isolation_level=None, timeout=WEB.lock)
        for pragma in sqlite_pragmas(version=sqlite3.sqlite_version_info).split(";"):
            self.connection.execute(pragma)

    def lay(self) -> None:
        self.connection.executescript(_LITE_TABLES + _MEMBERS)

    def sell(self, asked: RawSale) -> None:
        do = self.connection.execute
        do("BEGIN IMMEDIATE")
        card = do("SELECT member_id FROM raw_card WHERE programme_id = 1 AND number = ?", [asked.card])
        [member] = card.fetchone()
        purchase = do(
            "INSERT INTO raw_purchase (programme_id, client_id, member_id, total, kept) VALUES (1, ?, ?, 8550, ?)",
            [asked.client_id, member, asked.kept],
        ).lastrowid
        for unit, points in ((1, POINTS), (2, STAMPS)):
            where = "WHERE programme_id = 1 AND member_id = ? AND unit_id = ?"
            do(f"UPDATE raw_account SET balance = balance + ? {where}", [points, member, unit])
            [account] = do(f"SELECT id FROM raw_account {where}", [member, unit]).fetchone()
            entry = do(
                "INSERT INTO raw_entry (programme_id, account_id, cause, points) VALUES (1, ?, ?, ?)",
                [account, purchase, points],
            ).lastrowid
            do(
                'INSERT INTO raw_lot (programme_id, account_id, entry_id, size, "left") VALUES (1, ?, ?, ?, ?)',
                [account, entry, points, points],
            )
        do(f"INSERT INTO raw_tally VALUES (1, ?, 1, ?, 1) {_TALLY}", [member, POINTS])
        do("COMMIT")

    def sell_many(self, batch: Sequence[RawSale]) -> None:
        do = self.connection.execute
        do("BEGIN IMMEDIATE")
        told = {
            "asked": json.dumps([[a.client_id, a.card, a.kept] for a in batch]),
            "after": self._number("SELECT coalesce(max(id), 0) FROM raw_purchase"),
            "entered": self._number("SELECT coalesce(max(id), 0) FROM raw_entry"),
            "points": POINTS,
            "stamps": STAMPS,
        }
        for statement in _LITE_MANY:
            do(statement, {name: value for name, value in told.items() if f":{name}" in statement})
        do("COMMIT")

    def count(self) -> int:
        return self._number("SELECT count(*) FROM raw_purchase")

    whole = PostgresFloor.whole

    def _number(self, statement: str) -> int:
        return int(self.connection.execute(statement.replace("::bigint", "")).fetchone()[0])

    def close(self) -> None:
        self.connection.close()


Floor = PostgresFloor | SqliteFloor
