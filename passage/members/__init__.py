"""People enrolled in a programme: who they are, how to reach them, who they became after a merge.

E-mail and phone are looked up by their canonical form only, unique within the programme.
No points in here: those are the ledger's, which knows members by number alone.
"""
