"""Numbers and codes that lead to a member: printed cards, QR codes, virtual cards.

A number identifies and never authorises. It is looked up by its canonical form, unique within the
programme; only generated or imported numbers are blank cards (E-33).
"""
