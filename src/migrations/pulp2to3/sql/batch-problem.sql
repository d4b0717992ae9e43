-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes a skipped item. $1: report, $2: task, $3: item, $4: reason. The texts are cut as the service cuts them.
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        VALUES ($1::integer, $2::integer, left($3, 600), left($4, 4000))
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
