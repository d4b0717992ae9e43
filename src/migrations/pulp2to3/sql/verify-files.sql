-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The next units of a range, with the files that their contents have in Pulp 3. $1: after that number, $2: last, $3: at most so many
-- units, $4: type. Columns: number, unit, key, path, SHA-256 and size of the artifact; NULL: no content, or on demand.
SELECT u.number, u.unit_id, u.key, ca.relative_path, a.sha256, a.size FROM (
                SELECT number, unit_id, key FROM migrationd_pulp2to3.unit_list
                        WHERE type = $4 AND number > $1::bigint AND number <= $2::bigint ORDER BY number LIMIT $3::integer) u
        LEFT JOIN migrationd_pulp2to3.unit_made m ON m.type = $4 AND m.unit_id = u.unit_id
        LEFT JOIN public.core_contentartifact ca ON ca.content_id = m.content_id
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        ORDER BY u.number, ca.relative_path COLLATE "C";
