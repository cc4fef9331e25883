"""Measured beside the raw database, never timed in a test: what a purchase, a file and a look-up cost.

Every figure is a ratio of two arms of one run, taken in turns on the same machine. Each bench counts what it did
when it is over, and gives no figure when the count does not agree.
"""
