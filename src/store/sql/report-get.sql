-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: id.
SELECT * FROM migrationd.report_overview WHERE id = $1::integer
