"""The rules of the house, as tests that read the repository.

Each rule is a function that takes sources and answers with what it found wrong, so that every test file
first shows the rule catching a planted bug, and then holds the repository to it.
"""
