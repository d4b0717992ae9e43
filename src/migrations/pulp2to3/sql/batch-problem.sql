-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes skipped items. $1: report, $2: task, $3: [[item, reason], ...]; of an item's reasons the last one stands. The texts are
-- cut as the service cuts them.
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT $1::integer, $2::integer, p.item, p.reason FROM (
                SELECT DISTINCT ON (item) left(entry.value->>0, 600) AS item, left(entry.value->>1, 4000) AS reason, entry.ordinality
                        FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY entry (value, ordinality)
                        ORDER BY item, ordinality DESC) p
        ORDER BY p.ordinality
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
