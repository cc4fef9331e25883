"""Leaving with everything, and arriving with it: a whole programme as one file that anybody can read.

The file holds every row of every table of one programme and of no other, as it stood at one instant, without secrets.
Put into another installation it gives the same balances, the same history and the same next sale; what is not
exactly as it was packed is refused before a row is written.
"""
