-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: id. elsewhere: the name of another host that runs it, NULL: this one does.
SELECT *, migrationd.report_elsewhere(id) AS elsewhere FROM migrationd.report_overview WHERE id = $1::integer
