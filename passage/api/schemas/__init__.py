"""What is asked and what is answered, as shapes: one file for each resource, the same words as the pages in docs/api.

Everything read is read strictly: no field too many, no number in quotes, no text where a number belongs.
"""
