-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report. written: whether this call wrote the state.
SELECT migrationd.report_failed($1::integer) AS written
