-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A hook's unit was started, or PID 1 has refused to. $1: id.
UPDATE migrationd.hook SET started_at = pg_catalog.clock_timestamp() WHERE id = $1::bigint AND started_at IS NULL
