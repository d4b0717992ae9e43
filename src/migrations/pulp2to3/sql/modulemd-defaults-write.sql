-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of defaults of modules.
ANALYZE pg_temp.batch_document;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (c.digest) u.new_id, c.*
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_modulemddefaults, b.document) c
                ORDER BY c.digest, u.unit_id
), made AS (
        INSERT INTO public.rpm_modulemddefaults (content_ptr_id, module, stream, profiles, digest)
                SELECT new_id, module, stream, profiles, digest
                        FROM wanted ORDER BY digest
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'rpm.modulemd_defaults', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'rpm.modulemd_defaults', c.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.rpm_modulemddefaults c ON c.digest = b.document ->> 'digest';
