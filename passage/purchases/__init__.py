"""The journey: quote, record, return, void, move. A receipt becomes explained points, and goes back.

`record` takes a batch and is the only way a sale or a return enters, from whichever door. An operation
is known for ever by its source's id and by the shop's own receipt key: sent again it gets its first
answer, sent differently it is a conflict. A return is a new row that recomputes the sale under the
context it was settled in.
"""
