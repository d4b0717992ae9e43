-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes a batch's differences, each problem in one line whatever the values are. $1: report, $2: task.
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT $1::integer, $2::integer, left(item, 600),
                left(replace(string_agg(DISTINCT reason, '; ' ORDER BY reason), E'\n', '\n'), 4000)
                FROM pg_temp.difference GROUP BY left(item, 600) ORDER BY 3
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
