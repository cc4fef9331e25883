"""What a till can ring up: goods and services with their price, tax and deposit.

A product is known by its code, which never changes; its content may. A retired product is off the
till and keeps its row, so that the same code can come back. What was sold is kept by the purchase,
not here: a new price changes no purchase.
"""
