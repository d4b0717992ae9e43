-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Reports. $1: limit, $2: offset, $3: states (NULL: all), $4: plan (NULL: all), $5: ids (NULL: all), $6, $7: created from and to,
-- in microseconds (NULL: open), $8: order, $9: how many tasks of each step are named in step_tasks, a JSON object of arrays by the
-- step's code (0: no such object). The page is cut before its rows are summed up.
SELECT v.*, migrationd.report_elsewhere(v.id) AS elsewhere, CASE WHEN $9::bigint > 0 THEN (
                SELECT coalesce(json_object_agg(s.code, (
                        SELECT coalesce(json_agg(k.id ORDER BY k.id), '[]') FROM (
                                SELECT id FROM migrationd.task WHERE report_id = s.report_id AND step_ord = s.ord
                                ORDER BY id LIMIT $9::bigint
                        ) k
                ) ORDER BY s.ord), '{}') FROM migrationd.step s WHERE s.report_id = page.id
        )::text END AS step_tasks
FROM (
        SELECT x.id, row_number() OVER () AS place FROM (
                SELECT id FROM migrationd.report
                WHERE ($3::text[] IS NULL OR state = ANY ($3::text[])) AND ($4::integer IS NULL OR plan_id = $4::integer) AND
                        ($5::bigint[] IS NULL OR id = ANY ($5::bigint[])) AND
                        ($6::bigint IS NULL OR created_at >= migrationd.from_usec($6::bigint)) AND
                        ($7::bigint IS NULL OR created_at <= migrationd.from_usec($7::bigint))
                ORDER BY
                        CASE $8::text WHEN 'created' THEN created_at WHEN 'started' THEN started_at WHEN 'finished' THEN finished_at END,
                        CASE $8::text WHEN '-created' THEN created_at WHEN '-started' THEN started_at
                                WHEN '-finished' THEN finished_at END DESC NULLS LAST,
                        CASE $8::text WHEN 'state' THEN state END COLLATE "C",
                        CASE $8::text WHEN '-state' THEN state END COLLATE "C" DESC,
                        CASE $8::text WHEN '-id' THEN id END DESC,
                        id
                LIMIT $1::bigint OFFSET $2::bigint
        ) x
) page JOIN migrationd.report_overview v ON v.id = page.id ORDER BY page.place
