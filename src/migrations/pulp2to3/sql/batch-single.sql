-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes at the units of a batch which content each gave.
UPDATE migrationd_pulp2to3.unit_document d SET content_id = c.content_id, migrated = true
        FROM pg_temp.batch_unit u, pg_temp.batch_content c
        WHERE d.type = u.type AND d.unit_id = u.unit_id AND c.unit_id = u.unit_id AND
                (d.content_id, d.migrated) IS DISTINCT FROM (c.content_id, true);
