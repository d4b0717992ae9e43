-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report. ord NULL: no step can run.
SELECT s.ord, s.code, s.message
FROM (SELECT migrationd.report_advance($1::integer) AS ord) AS advanced
        LEFT JOIN migrationd.step s ON s.report_id = $1::integer AND s.ord = advanced.ord
