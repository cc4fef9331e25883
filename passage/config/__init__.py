"""The roof: settings, addresses, the server's entry point and the commands.

Everything may be imported from here and nobody imports from here but the tests.
What always holds: settings come from the environment, are checked when they are read,
and a wrong one stops the start with its name and the remedy.
"""
