"""The connectors: where other systems' files and services come in, one folder for each.

A connector reads what the other system says, turns it into sales and returns, and asks the rooms
below to record them; it decides nothing about points and writes no row itself. Whatever it cannot
read it refuses with row, field, reason and remedy, and goes on. No connector knows another.
"""
