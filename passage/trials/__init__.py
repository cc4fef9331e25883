"""A promotion tried on past sales before it counts, and a rule dated back to them.

A trial keeps the draft of a rule, what the sales really gave and what they would have given under it. It settles
every sale again by the engine that settles sales, under the facts that the sale was recorded with, and moves no
point. Publishing it writes a rule, and only from now on.

Dating back is the one deed that reaches the past (E-37): what it comes to is first rehearsed by the books themselves,
and after somebody has confirmed it with a reason, the worker judges the purchases again.
"""
