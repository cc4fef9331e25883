"""Who did what, when, and to what.

Events are only ever added, in the same database transaction as what they tell of.
Points have their own, stricter book: the ledger.
"""
