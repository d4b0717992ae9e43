-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Reports, newest last. $1: limit, $2: offset, $3: states (NULL: all), $4: plan (NULL: all). The page is cut before its rows
-- are summed up.
SELECT v.* FROM (
        SELECT id FROM migrationd.report
        WHERE ($3::text[] IS NULL OR state = ANY ($3::text[])) AND ($4::integer IS NULL OR plan_id = $4::integer)
        ORDER BY id LIMIT $1::bigint OFFSET $2::bigint
) page JOIN migrationd.report_overview v ON v.id = page.id ORDER BY v.id
