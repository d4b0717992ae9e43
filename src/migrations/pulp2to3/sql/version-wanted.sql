-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The migrated content of a Pulp 2 repository that the plugin of its version migrates. Two units may have become one content.
-- $1: Pulp 2 repository, $2: plugin.
INSERT INTO pg_temp.wanted (content_id, unit_id, last_updated)
        SELECT DISTINCT ON (c.content_id) c.content_id, c.unit_id, c.last_updated
                FROM migrationd_pulp2to3.repository_content c JOIN migrationd_pulp2to3.unit_type t ON t.type = c.type
                WHERE c.repo_id = $1 AND t.plugin = $2
                ORDER BY c.content_id, c.last_updated DESC, c.unit_id;
