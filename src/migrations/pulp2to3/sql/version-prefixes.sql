-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes contents out of a version whose path is a directory of another one's. In the order of path and slash, what lies in a
-- directory follows it at once.
WITH ordered AS (
        SELECT w.content_id, w.unit_id, ca.relative_path,
                lead(ca.relative_path) OVER (ORDER BY (ca.relative_path || '/') COLLATE "C") AS next
                FROM pg_temp.wanted w JOIN public.core_contentartifact ca ON ca.content_id = w.content_id
), gone AS (
        DELETE FROM pg_temp.wanted w WHERE EXISTS (SELECT FROM ordered o WHERE o.content_id = w.content_id AND
                starts_with(o.next, o.relative_path || '/'))
)
INSERT INTO pg_temp.dropped (unit_id, what, rule, other)
        SELECT unit_id, relative_path, 'directory', next FROM ordered WHERE starts_with(next, relative_path || '/');
