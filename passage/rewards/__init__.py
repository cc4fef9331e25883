"""The catalogue, and redemptions: points held for an order, then spent, or let go.

A redemption goes reserved -> captured, or reserved -> released; captured is final except through a
reversal, which is a new entry. Stock and limits are taken when points are reserved.
"""
