"""The demo's named world: Trzy Bochny, a bakery chain in Kraków, and an empty programme in Lyon beside it.

Everything in it came through the same actions as in a real shop, at the times it tells of, so that its
books can be proved like any others. The same moment, seed and size give the same world. Its people are
invented; their addresses and telephone numbers belong to nobody.
"""
