-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report. step NULL: no step can run.
SELECT migrationd.report_advance($1::integer) AS step
