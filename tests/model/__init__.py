"""A reference of the rules in the plainest Python, and what holds the product to it: one deed at a time, and many at once.

The model imports nothing of the product. Where it differs from the engine in form, that is the point: two people who
read docs/ and wrote the same rule twice.
"""
