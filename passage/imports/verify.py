"""Proving imports: every row was taken in once, and every member that came with a file has the deed that made them."""

from __future__ import annotations

from passage.programme.verify import Check

CHECKS = (
    Check(
        kind="import_deeds",
        about="import",
        says="it counts another number of deeds than it has",
        sql="""
SELECT NULL, upload.id, upload.deeds, COUNT(deed.id)
  FROM imports_import AS upload LEFT JOIN imports_deed AS deed ON deed.upload_id = upload.id
 WHERE upload.programme_id = %(programme)s AND upload.emptied_at IS NULL
   AND upload.state IN ('applying', 'applied', 'undoing', 'undone')
 GROUP BY upload.id, upload.deeds HAVING upload.deeds <> COUNT(deed.id) ORDER BY upload.id""",
    ),
    Check(
        kind="import_members",
        about="import",
        says="another number of members came with it than its rows made",
        sql="""
SELECT NULL, made.id, made.expected, made.found FROM (
  SELECT upload.id,
         (SELECT COUNT(*) FROM imports_deed AS deed WHERE deed.upload_id = upload.id AND deed.kind = 'member') AS expected,
         (SELECT COUNT(*) FROM members_member AS member
           WHERE member.programme_id = upload.programme_id AND member.joined_at = upload.applied_at) AS found
    FROM imports_import AS upload
   WHERE upload.programme_id = %(programme)s AND upload.emptied_at IS NULL AND upload.state IN ('applying', 'applied')
) AS made WHERE made.expected <> made.found ORDER BY made.id""",
    ),
    Check(
        kind="import_stays_out",
        about="row of an import",
        says="it did something although it should stay out",
        sql="""
SELECT NULL, line.id, 'nothing', deed.kind
  FROM imports_deed AS deed JOIN imports_row AS line ON line.id = deed.row_id
 WHERE deed.programme_id = %(programme)s AND line.outcome IN ('wrong', 'twin', 'same')
 ORDER BY line.id""",
    ),
)
