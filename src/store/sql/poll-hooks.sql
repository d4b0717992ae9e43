-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Hooks that are to be told of an end, oldest first. $1: report. unit: the instance.
SELECT h.id, replace(r.hook, '@.service', '@' || h.instance || '.service') AS unit
FROM migrationd.hook h JOIN migrationd.report r ON r.id = h.report_id
WHERE h.report_id = $1::integer AND h.started_at IS NULL
ORDER BY h.id LIMIT 16
