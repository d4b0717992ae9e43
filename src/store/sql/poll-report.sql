-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a check of the poll starts from. $1: report. next_usec: until the earliest back-off of the running step ends, NULL: none.
-- waits: what report_why() says of a pause or of that back-off, NULL: neither. held: the step that a hold keeps from beginning,
-- NULL: none; held_uid: who asked for it. elsewhere: the name of the host that runs the report, NULL: this one.
SELECT r.state, r.pause_mode, r.workers, r.migration, r.definition_digest, r.wait_reason, r.throttle_window, r.throttle_reason,
        (SELECT count(*) FROM migrationd.task t WHERE t.report_id = r.id AND t.state = 'running') AS running_tasks,
        migrationd.report_is_failing(r.id) AS any_failed,
        EXISTS (SELECT FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND s.ord = t.step_ord
                WHERE t.report_id = r.id AND t.state = 'failed' AND s.on_failure = 'stop') AS stop_on_failure,
        (SELECT (extract(epoch FROM min(t.not_before) - pg_catalog.clock_timestamp()) * 1000000)::bigint
                FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND s.ord = t.step_ord
                WHERE t.report_id = r.id AND t.state = 'waiting' AND s.state = 'running' AND
                t.not_before > pg_catalog.clock_timestamp()) AS next_usec,
        migrationd.report_elsewhere(r.id) AS elsewhere, h.code AS held, h.uid AS held_uid,
        coalesce(migrationd.report_paused(r.id),
                (SELECT format('step %s: back-off of a failed task until %s', s.code, pg_catalog.date_trunc('second', min(t.not_before)))
                FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND s.ord = t.step_ord
                WHERE t.report_id = r.id AND t.state = 'waiting' AND s.state = 'running' AND
                t.not_before > pg_catalog.clock_timestamp() GROUP BY s.ord, s.code ORDER BY s.ord LIMIT 1)) AS waits
FROM migrationd.report r LEFT JOIN LATERAL migrationd.report_held(r.id) h ON r.state = 'running' WHERE r.id = $1::integer
