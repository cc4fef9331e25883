"""What must still be done after the commit: the job queue, and e-mail that waits in it.

A job is done at least once and survives a killed worker: it is leased, not taken. A job with a key
is queued once, however often it is asked for. A mail is a row, queued with what it follows from.
"""
