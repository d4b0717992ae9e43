-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report, $2: at most so many, $3: own unique bus name, $4: id of that bus.
SELECT attempt_id, task, number, token, step, kind, unit, memory_max_bytes
FROM migrationd.report_launch($1::integer, $2::integer, $3::text, $4::uuid)
