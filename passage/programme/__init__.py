"""The tenant: a programme with its shops, tills, staff, sources and keys.

Every row of every other room belongs to exactly one programme, and no key leads from one
programme into another: the database refuses it (see `defences`). Rights are decided in `access`.
"""
