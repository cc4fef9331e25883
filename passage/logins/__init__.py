"""How a person proves who they are: password, second factor, passkeys, and where they are signed in.

The tables are django-allauth's; what may happen to them is decided here. A code works once, a secret is kept
under the installation's own key, and losing the last factor takes its recovery codes with it.
A log-in belongs to no programme: each programme where the person works is told of what changed.
"""
