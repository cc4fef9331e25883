"""How sales become points: rules in immutable versions, tiers, and what each rule already gave.

The arithmetic is the engine's. This room keeps the definitions, finds those in force at a moment,
and counts per member what limits and remainders need.
"""
