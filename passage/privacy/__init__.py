"""What a person may ask of us: everything we hold about them, handed out or forgotten; and how long we keep it unasked.

Forgetting empties what is personal and nothing else: entries, purchases and lots stay under the member's number, and the
books still prove themselves. Who was forgotten is remembered by number and date, so that a restored backup forgets again.
"""
