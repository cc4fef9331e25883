"""What the books say when they are read together: figures about the staff and their cards, and the rows behind each.

Nothing is written here, and nobody is judged: a figure that stands out beside those of the colleagues is a question to
ask. Whatever is shown can be followed to the purchases and corrections that it was counted from.
"""
