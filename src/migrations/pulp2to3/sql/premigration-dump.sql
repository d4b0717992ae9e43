-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes which report read which archive. $1: report, $2: path of the archive.
INSERT INTO migrationd_pulp2to3.dump (report, archive) VALUES ($1::integer, $2)
        ON CONFLICT (one) DO UPDATE SET report = excluded.report, archive = excluded.archive, read_at = now();
