-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Where a daemon that starts begins to watch. last_id: 0 when there was no report yet; unfinished_id: 0 when there is none.
SELECT coalesce(max(id), 0) AS last_id,
        coalesce(max(id) FILTER (WHERE state NOT IN ('completed', 'failed', 'canceled')), 0) AS unfinished_id
FROM migrationd.report
