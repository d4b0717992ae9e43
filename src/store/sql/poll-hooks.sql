-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Hooks that are to be told of an end, oldest first, and of an instance the oldest alone. $1: report. unit: the instance.
SELECT h.id, replace(r.hook, '@.service', '@' || h.instance || '.service') AS unit
FROM migrationd.hook h JOIN migrationd.report r ON r.id = h.report_id
WHERE h.report_id = $1::integer AND h.started_at IS NULL AND NOT EXISTS (SELECT FROM migrationd.hook f
        WHERE f.report_id = h.report_id AND f.instance = h.instance AND f.id < h.id AND f.started_at IS NULL)
ORDER BY h.id LIMIT 256
