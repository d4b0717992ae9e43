-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The poll's lock on its report, held by this session for as long as it lives: two-int form, (report, 0). $1: report. elsewhere: the
-- name of the host that runs the report, NULL: this one.
SELECT locked, elsewhere FROM migrationd.report_lock($1::integer)
