-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Attempts whose unit's result is not stored yet: live ones and ended ones. $1: report. age_usec: since the attempt ended.
-- progress_timeout_msec: how long its counters may stand still, NULL: for ever, or it does not matter now. moved_usec: another value
-- when they have moved, or when that time begins anew; not to be compared with a clock, which may jump. An expander has no counters.
-- frozen_usec, frozen_since_usec, stop_class, stop_msec: as in attempt_watch.
SELECT a.id, a.task_id, a.number, a.token, a.state, a.unit, a.bus_id, a.launcher, s.code AS step, t.kind,
        (extract(epoch FROM pg_catalog.clock_timestamp() - a.ended_at) * 1000000)::bigint AS age_usec,
        CASE WHEN a.state = 'running' AND t.kind = 'main' AND r.state = 'running' THEN s.progress_timeout_msec
                END AS progress_timeout_msec,
        (extract(epoch FROM greatest(a.claimed_at, a.progress_at, r.resumed_at)) * 1000000)::bigint AS moved_usec,
        w.frozen_usec, w.frozen_since_usec, w.stop_class, w.stop_msec
FROM migrationd.attempt a
        JOIN migrationd.report r ON r.id = a.report_id
        JOIN migrationd.task t ON t.id = a.task_id
        JOIN migrationd.step s ON s.report_id = t.report_id AND s.ord = t.step_ord
        LEFT JOIN migrationd.attempt_watch w ON w.attempt_id = a.id
WHERE a.report_id = $1::integer AND a.recorded_at IS NULL
ORDER BY a.id
