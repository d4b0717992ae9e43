-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes at the units of a batch which contents each gave.
DELETE FROM migrationd_pulp2to3.unit_content o USING pg_temp.batch_unit u
        WHERE o.type = u.type AND o.unit_id = u.unit_id AND NOT EXISTS (SELECT FROM pg_temp.batch_content c
                WHERE c.unit_id = o.unit_id AND c.repo_id = o.repo_id AND c.subkey = o.subkey);
INSERT INTO migrationd_pulp2to3.unit_content AS o (type, unit_id, repo_id, subkey, pulp_type, content_id)
        SELECT u.type, c.unit_id, c.repo_id, c.subkey, c.pulp_type, c.content_id
                FROM pg_temp.batch_content c JOIN pg_temp.batch_unit u ON u.unit_id = c.unit_id
        ON CONFLICT (type, unit_id, repo_id, subkey) DO UPDATE SET pulp_type = excluded.pulp_type, content_id = excluded.content_id
                WHERE (o.pulp_type, o.content_id) IS DISTINCT FROM (excluded.pulp_type, excluded.content_id);
UPDATE migrationd_pulp2to3.unit_document d SET migrated = true FROM pg_temp.batch_unit u
        WHERE d.type = u.type AND d.unit_id = u.unit_id AND NOT d.migrated;
