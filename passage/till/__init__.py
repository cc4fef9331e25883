"""The clerk's door: what is done with a member standing at the till.

One thing at a time, by keyboard alone, and never twice: the page carries the id under which the server
records a sale once for ever. What is previewed and what is saved come from the same engine.
"""
