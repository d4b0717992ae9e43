-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Why the report is where it is, for people. $1: report, $2: text, "" for nothing.
UPDATE migrationd.report SET wait_reason = $2::text
WHERE id = $1::integer AND wait_reason <> $2::text AND state NOT IN ('completed', 'failed', 'canceled')
