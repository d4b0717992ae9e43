-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The migrated content of a Pulp 2 repository. Two units may have become one content. $1: Pulp 2 repository.
INSERT INTO pg_temp.wanted (content_id, unit_id, last_updated)
        SELECT DISTINCT ON (u.content_id) u.content_id, u.unit_id, u.last_updated
                FROM migrationd_pulp2to3.link l
                JOIN migrationd_pulp2to3.unit u ON u.type = l.type AND u.unit_id = l.unit_id AND u.content_id IS NOT NULL
                WHERE l.repo_id = $1
                ORDER BY u.content_id, u.last_updated DESC, u.unit_id;
