-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes what was left out of a version. $1: report, $2: task, $3: the Pulp 3 repository. The texts are cut as the service cuts them.
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT $1::integer, $2::integer, item, left(reason, 4000) FROM (
                SELECT DISTINCT ON (item) item, what, 'left out of the version: ' || CASE rule
                                WHEN 'path' THEN 'unit ' || other || ' has the same path and is newer'
                                WHEN 'key' THEN 'unit ' || other || ' is the same and newer'
                                ELSE 'its path is a directory of ' || other END AS reason
                        FROM (SELECT left('repository ' || $3 || ' unit ' || unit_id || ' path ' || what, 600) AS item, * FROM pg_temp.dropped) d
                        ORDER BY item, rule, other) p
                ORDER BY what COLLATE "C", item COLLATE "C"
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
