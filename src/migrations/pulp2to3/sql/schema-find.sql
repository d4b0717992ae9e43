-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Version of the migration's own schema; 0: there is none. The lock keeps a second program from making it at the same time.
SELECT CASE WHEN to_regclass('migrationd_pulp2to3.schema_version') IS NULL THEN 0 ELSE 1 END
        FROM (SELECT pg_advisory_xact_lock(1835625063, 1)) l;
