-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What may have changed since the last look. $1: the report that was unfinished then (0: none), $2: the highest id seen. Returns
-- that report, each later one, and the one that is unfinished now (a retried one has a low id).
SELECT v.*, migrationd.report_elsewhere(v.id) AS elsewhere FROM (
        SELECT id FROM migrationd.report
        WHERE id = $1::integer OR id > $2::integer OR state NOT IN ('completed', 'failed', 'canceled')
        ORDER BY id LIMIT 100
) r JOIN migrationd.report_overview v ON v.id = r.id ORDER BY v.id
