-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes contents out of a version that have a path of a newer one: Pulp 3 allows one.
WITH ranked AS (
        SELECT w.content_id, w.unit_id, ca.relative_path,
                row_number() OVER newest AS rank, first_value(w.unit_id) OVER newest AS stays
                FROM pg_temp.wanted w JOIN public.core_contentartifact ca ON ca.content_id = w.content_id
                WINDOW newest AS (PARTITION BY ca.relative_path ORDER BY w.last_updated DESC, w.unit_id COLLATE "C")
), gone AS (
        DELETE FROM pg_temp.wanted w WHERE EXISTS (SELECT FROM ranked r WHERE r.content_id = w.content_id AND r.rank > 1)
)
INSERT INTO pg_temp.dropped (unit_id, what, rule, other) SELECT unit_id, relative_path, 'path', stays FROM ranked WHERE rank > 1;
