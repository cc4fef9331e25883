"""Proving who is who: a record that became somebody else leads straight to that person, by a merge that stands."""

from __future__ import annotations

from passage.programme.verify import Check

CHECKS = (
    Check(
        kind="alias_of_alias",
        about="member",
        says="it leads to a record that is itself somebody else",
        sql="""
SELECT NULL, alias.public_id, 'the person of today', person.public_id
  FROM members_member AS alias JOIN members_member AS person ON person.id = alias.merged_into_id
 WHERE alias.programme_id = %(programme)s AND person.merged_into_id IS NOT NULL
 ORDER BY alias.id""",
    ),
    Check(
        kind="alias_unexplained",
        about="member",
        says="it is somebody else, and no merge says so",
        sql="""
SELECT NULL, alias.public_id, 'a merge', 'none'
  FROM members_member AS alias
 WHERE alias.programme_id = %(programme)s AND alias.merged_into_id IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM members_merge AS made
                    WHERE made.programme_id = alias.programme_id AND made.gone_id = alias.id AND made.undone_at IS NULL)
 ORDER BY alias.id""",
    ),
    Check(
        kind="merge_without_alias",
        about="merge",
        says="it stands, and its record is a person of its own",
        sql="""
SELECT NULL, made.id, 'an alias', member.status
  FROM members_merge AS made JOIN members_member AS member ON member.id = made.gone_id
 WHERE made.programme_id = %(programme)s AND made.undone_at IS NULL AND member.merged_into_id IS NULL
   AND member.status <> 'erased'
 ORDER BY made.id""",
    ),
)
