-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The next units of a range. $1: after that number, $2: last, $3: at most so many.
SELECT number, unit_id, name, checksum, size, downloaded, storage_path FROM migrationd_pulp2to3.iso_due
        WHERE number > $1::bigint AND number <= $2::bigint ORDER BY number LIMIT $3::integer;
