-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes tags out of a version that have the name of another: Pulp 3 allows one, and Pulp 2 has up to three, for clients that take
-- manifest lists, schema 2 or schema 1, in which order they are preferred. That is no loss; told of are those that are of the same
-- kind as the one that stays.
WITH ranked AS (
        SELECT w.content_id, w.unit_id, t.name, row_number() OVER preferred AS rank, first_value(w.unit_id) OVER preferred AS stays,
                (m.media_type, m.schema_version) = (first_value(m.media_type) OVER preferred,
                        first_value(m.schema_version) OVER preferred) AS same
                FROM pg_temp.wanted w JOIN public.container_tag t ON t.content_ptr_id = w.content_id
                JOIN public.container_manifest m ON m.content_ptr_id = t.tagged_manifest_id
                WINDOW preferred AS (PARTITION BY t.name ORDER BY m.media_type LIKE '%.list.%' DESC, m.schema_version DESC,
                        w.last_updated DESC, w.unit_id COLLATE "C")
), gone AS (
        DELETE FROM pg_temp.wanted w WHERE EXISTS (SELECT FROM ranked r WHERE r.content_id = w.content_id AND r.rank > 1)
)
INSERT INTO pg_temp.dropped (unit_id, what, rule, other)
        SELECT unit_id, 'tag ' || name, 'key', stays FROM ranked WHERE rank > 1 AND same;
