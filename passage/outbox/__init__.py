"""What must still be done after the commit: the job queue, and later messages and webhooks.

A job is done at least once and survives a killed worker: it is leased, not taken. A job with a key
is queued once, however often it is asked for.
"""
