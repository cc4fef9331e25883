"""Backups: the whole database as it was at one moment, sealed under a passphrase, in one file.

A file is called a backup when it was put back somewhere and its books were proved there, and not before.
While one is made the tills go on selling. Nothing here restores: that is the roof's, which knows every room.
"""
