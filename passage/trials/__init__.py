"""A promotion tried on the sales of the last weeks before it counts.

A trial keeps the draft of a rule, what the sales really gave and what they would have given under it. It settles
every sale again by the engine that settles sales, under the facts that the sale was recorded with, and moves no
point. Only publishing writes a rule, and only from now on.
"""
