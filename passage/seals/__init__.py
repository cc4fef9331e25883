"""A ledger that shows tampering: what was written is sealed in blocks, each of which holds the hash of the one before.

The hash of the last block is the head. Whoever has it on paper or in a mail can tell later whether everything up to
that block still reads as it did, whatever an administrator of the database has done to the rows and to the blocks.
Only what never changes and names nobody is sealed, so that a person can be forgotten and the chain still holds.
"""
