-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes which report read which archive. $1: report, $2: task, $3: path of the archive, $4: source.
INSERT INTO migrationd_pulp2to3.dump (report, archive, source, clean)
        VALUES ($1::integer, $3, $4, NOT EXISTS (SELECT FROM migrationd_pulp2to3.problem
                WHERE report = $1::integer AND task = $2::integer))
        ON CONFLICT (one) DO UPDATE SET report = excluded.report, archive = excluded.archive, source = excluded.source,
                clean = excluded.clean, read_at = now();
