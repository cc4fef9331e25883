"""The engine: pure Python that computes what a purchase earns, costs and gives back.

No Django, no database, no clock, no translation, no randomness and no floats in here.
Money is whole minor units, points are whole numbers, time arrives as an argument.
Every answer carries its reasons as codes and numbers; doors turn them into sentences.
"""
