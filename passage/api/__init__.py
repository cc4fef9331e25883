"""The door for programs: REST under /api/v1, one file of routes for each resource.

A key decides the programme and what may be asked of it; nothing in a path or a body can. Whatever is sent,
the answer is either the thing asked for or a problem (RFC 9457) with a stable code, the field and a sentence
in the reader's language. Nothing is decided or written here: the rooms below do that.
"""
