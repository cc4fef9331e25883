"""The vault: accounts, entries, lots, allocations, reservations; the only writer of points.

Always true: an account's balance is the sum of its entries, and the sum of what is left in its lots
less its debt. Entries, allocations and the identity of lots never change; a mistake is corrected by
another entry. Balances and lots move only through entries and allocations: the database sees to it.
"""
