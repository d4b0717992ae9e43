-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Migrated units of a range that have a file, in the columns of iso-batch. $1: after that number, $2: last, $3: at most so many.
SELECT number, unit_id, name, checksum, size, downloaded, storage_path FROM migrationd_pulp2to3.iso
        WHERE number > $1::bigint AND number <= $2::bigint AND downloaded AND content_id IS NOT NULL ORDER BY number
        LIMIT $3::integer;
