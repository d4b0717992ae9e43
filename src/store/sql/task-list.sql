-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Tasks of a report by id, with the latest attempt. $1: report, $2: limit, $3: id of the last one seen, $4: states (NULL: all),
-- $5: step (NULL: all). No row: no such report; one row with id NULL: it has no such task.
SELECT t.id, r.id AS report_id, t.step, t.kind, t.lane, t.stage, t.state, t.attempt, t.done, t.total, t.class, t.error, t.unit, t.invocation_id,
        t.result, t.exit_code, t.exit_status, t.cpu_usec, t.memory_peak_bytes, t.io_read_bytes, t.io_write_bytes,
        t.created_usec, t.started_usec, t.finished_usec, t.task_created_usec
FROM migrationd.report r
LEFT JOIN LATERAL (
        SELECT k.id, s.code AS step, k.kind, k.lane, k.stage, k.state, k.attempt, k.done, k.total, k.class,
                pg_catalog.left(k.error, 1024) AS error, a.unit, a.invocation_id, a.result, a.exit_code, a.exit_status, a.cpu_usec,
                a.memory_peak_bytes, a.io_read_bytes, a.io_write_bytes, migrationd.usec(a.created_at) AS created_usec,
                migrationd.usec(k.started_at) AS started_usec, migrationd.usec(k.finished_at) AS finished_usec,
                migrationd.usec(coalesce(k.created_at, r.created_at)) AS task_created_usec
        FROM migrationd.task k
        JOIN migrationd.step s ON s.report_id = k.report_id AND s.ord = k.step_ord
        LEFT JOIN migrationd.attempt a ON a.task_id = k.id AND a.number = k.attempt
        WHERE k.report_id = r.id AND k.id > $3::bigint AND ($4::text[] IS NULL OR k.state = ANY ($4::text[])) AND
                ($5::text IS NULL OR s.code = $5::text)
        ORDER BY k.id LIMIT $2::bigint
) t ON true
WHERE r.id = $1::integer
ORDER BY t.id
