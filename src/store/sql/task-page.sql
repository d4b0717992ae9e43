-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Tasks of all reports, with the latest attempt. $1: limit, $2: offset, $3: states (NULL: all), $4: report (NULL: all), $5: step (NULL:
-- all), $6: ids (NULL: all), $7, $8: created from and to, in microseconds (NULL: open), $9: order. The page is cut before attempts
-- are looked up.
SELECT t.id, t.report_id, t.step, t.kind, t.lane, t.stage, t.state, t.attempt, t.done, t.total, t.class, t.error, a.unit,
        a.invocation_id, a.result, a.exit_code, a.exit_status, a.cpu_usec, a.memory_peak_bytes, a.io_read_bytes, a.io_write_bytes,
        migrationd.usec(a.created_at) AS created_usec, migrationd.usec(t.started_at) AS started_usec,
        migrationd.usec(t.finished_at) AS finished_usec, migrationd.usec(t.created_at) AS task_created_usec
FROM (
        SELECT x.*, row_number() OVER () AS place FROM (
                SELECT k.id, k.report_id, s.code AS step, k.kind, k.lane, k.stage, k.state, k.attempt, k.done, k.total, k.class,
                        pg_catalog.left(k.error, 1024) AS error, k.started_at, k.finished_at,
                        coalesce(k.created_at, r.created_at) AS created_at
                FROM migrationd.task k
                JOIN migrationd.step s ON s.report_id = k.report_id AND s.ord = k.step_ord
                JOIN migrationd.report r ON r.id = k.report_id
                WHERE ($3::text[] IS NULL OR k.state = ANY ($3::text[])) AND ($4::integer IS NULL OR k.report_id = $4::integer) AND
                        ($5::text IS NULL OR s.code = $5::text) AND ($6::bigint[] IS NULL OR k.id = ANY ($6::bigint[])) AND
                        ($7::bigint IS NULL OR coalesce(k.created_at, r.created_at) >= migrationd.from_usec($7::bigint)) AND
                        ($8::bigint IS NULL OR coalesce(k.created_at, r.created_at) <= migrationd.from_usec($8::bigint))
                ORDER BY
                        CASE $9::text WHEN 'created' THEN coalesce(k.created_at, r.created_at) WHEN 'started' THEN k.started_at
                                WHEN 'finished' THEN k.finished_at END,
                        CASE $9::text WHEN '-created' THEN coalesce(k.created_at, r.created_at) WHEN '-started' THEN k.started_at
                                WHEN '-finished' THEN k.finished_at END DESC NULLS LAST,
                        CASE $9::text WHEN 'state' THEN k.state WHEN 'name' THEN s.code END COLLATE "C",
                        CASE $9::text WHEN '-state' THEN k.state WHEN '-name' THEN s.code END COLLATE "C" DESC,
                        CASE $9::text WHEN '-id' THEN k.id END DESC,
                        k.id
                LIMIT $1::bigint OFFSET $2::bigint
        ) x
) t LEFT JOIN migrationd.attempt a ON a.task_id = t.id AND a.number = t.attempt
ORDER BY t.place
