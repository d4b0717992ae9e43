-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Why something waits, in one line. $1: report, $2: task, NULL: the report itself. No row: no such report; why NULL: no such task.
SELECT why FROM migrationd.api_why($1::integer, $2::integer)
