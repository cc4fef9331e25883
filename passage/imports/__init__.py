"""Lists of members and cards that a shop brings along, read from a file: looked through first, then taken in.

What a file says is decided twice by the same rule: in the rehearsal, and again in the moment of writing.
Each batch of rows is one transaction with its progress and the order for the next batch, so a worker may be
killed at any moment. Each row is taken in at most once; what an import did is kept, so that it can be undone.
"""
