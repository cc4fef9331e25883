"""The back office: what owners and managers see and set.

It shows and asks; every change is an action of the room it belongs to, with the right of the one who asks.
What it shows of a member is the same statement that the member reads, so that both speak of one thing.
The ledger has no screen that edits it, here or anywhere.
"""
