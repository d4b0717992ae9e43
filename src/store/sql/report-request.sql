-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report, $2: verb, $3: argument (NULL: none), $4..$6: the caller's uid, pid, unit, $7: by whom it came (NULL: directly).
-- No row: no such report.
SELECT before, after, refused, choice
FROM migrationd.api_report_request($1::integer, $2::text, $3::text, $4::bigint, $5::bigint, $6::text, $7::text)
