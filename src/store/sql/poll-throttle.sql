-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report, $2: so many tasks at once, NULL: not throttled, $3: why.
SELECT migrationd.report_throttle($1::integer, $2::integer, $3::text) AS running
