-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Problems of a report by id. $1: report, $2: limit, $3: id of the last one seen. No row: no such report; one row with id NULL:
-- it has no further problem.
SELECT x.id, x.task_id, x.step, x.item, x.reason, x.created_usec
FROM migrationd.report r
LEFT JOIN LATERAL (
        SELECT b.id, b.task_id, s.code AS step, b.item, b.reason, migrationd.usec(b.created_at) AS created_usec
        FROM migrationd.problem b
        JOIN migrationd.task k ON k.id = b.task_id
        JOIN migrationd.step s ON s.report_id = k.report_id AND s.ord = k.step_ord
        WHERE b.report_id = r.id AND b.id > $3::bigint
        ORDER BY b.id LIMIT $2::bigint
) x ON true
WHERE r.id = $1::integer
ORDER BY x.id
