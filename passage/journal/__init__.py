"""What the tills wrote down: each operation of each pairing, in its order, once for ever.

Nothing that a known till says is refused: what cannot be recorded is quarantined with its reason, the numbers go on,
and a person resolves it. What was entered by hand and is delivered later is one visit.
"""
