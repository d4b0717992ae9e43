-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of blobs.
ANALYZE pg_temp.batch_document;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (b.document ->> 'digest') u.new_id, b.document ->> 'digest' AS digest
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                ORDER BY b.document ->> 'digest', u.unit_id
), made AS (
        INSERT INTO public.container_blob (content_ptr_id, digest)
                SELECT new_id, digest FROM wanted ORDER BY digest COLLATE "C"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'container.blob', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'container.blob', c.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.container_blob c ON c.digest = b.document ->> 'digest';
