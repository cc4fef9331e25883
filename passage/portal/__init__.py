"""The member's own door: their balance, what expires, and why each point came or went.

The session says whose account is shown, never the address: a member sees their own and nobody else's.
Nothing here can change a balance.
"""
