-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Whether there is such a report. $1: id.
SELECT id FROM migrationd.report WHERE id = $1::integer
