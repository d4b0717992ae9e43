-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The next units of a range. $1: after that number, $2: last, $3: at most so many, $4: type.
SELECT u.number, u.unit_id, u.key, u.downloaded, u.storage_path, u.repo_id, u.document, p.primary_z, p.filelists_z, p.other_z
        FROM migrationd_pulp2to3.unit_due u
        LEFT JOIN migrationd_pulp2to3.unit_snippet p ON p.type = u.type AND p.unit_id = u.unit_id
        WHERE u.type = $4 AND u.number > $1::bigint AND u.number <= $2::bigint ORDER BY u.number LIMIT $3::integer;
