-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report, $2: task, $3: position, $4: done, $5: total, $6: linked, $7: copied.
INSERT INTO migrationd_pulp2to3.batch (report, task, position, done, total, linked, copied)
        VALUES ($1::integer, $2::integer, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint)
        ON CONFLICT (report, task) DO UPDATE SET position = excluded.position, done = excluded.done, total = excluded.total,
                linked = excluded.linked, copied = excluded.copied, written_at = now();
