-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The newest reports, newest last. $1: how many.
SELECT v.*, migrationd.report_elsewhere(v.id) AS elsewhere FROM (
        SELECT id FROM migrationd.report ORDER BY id DESC LIMIT $1::bigint
) page JOIN migrationd.report_overview v ON v.id = page.id ORDER BY v.id
