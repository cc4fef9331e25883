"""The product as it runs in a shop, with what can go wrong around it: programs killed under load, and wrong clocks.

Each harness has a long form that is a command and a short one that runs with the other tests, and each first catches a
fault that is planted in it.
"""
