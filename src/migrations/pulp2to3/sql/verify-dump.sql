-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The archive that the tables hold, and when it was read, in seconds since 1970. No row: none.
SELECT archive, floor(extract(epoch FROM read_at))::bigint FROM migrationd_pulp2to3.dump;
