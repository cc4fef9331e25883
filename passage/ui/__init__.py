"""The looks and the words of Passage: base page, components, money and date tags, reasons as sentences.

It knows no member, no shop and no table: every value comes from the page that asks.
What always holds here: a page fetches nothing from a foreign host, runs no script that is not ours,
and every sentence can be said in French, Polish and English.
"""
