-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Problems of a task after one. $1: report, $2: task, $3: id, $4: at most so many.
SELECT id, item, reason FROM migrationd_pulp2to3.problem
        WHERE report = $1::integer AND task = $2::integer AND id > $3::bigint ORDER BY id LIMIT $4::integer;
