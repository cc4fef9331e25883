"""Receipts from CSV files: `passage import-sales`, told by a mapping profile what the columns mean.

A receipt goes in whole or not at all. Every id comes from the file, so a run that was killed, or is
repeated, finds what is there and changes nothing. What the file means depends on the file alone.
"""
