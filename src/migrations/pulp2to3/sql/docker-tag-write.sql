-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of tags. Those of several repositories may be one content.
ANALYZE pg_temp.batch_document;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (b.document ->> 'name', m.digest) u.new_id, b.document ->> 'name' AS name, m.content_ptr_id, m.digest
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.container_manifest m ON m.digest = b.document ->> 'manifest'
                ORDER BY b.document ->> 'name', m.digest, u.unit_id
), made AS (
        INSERT INTO public.container_tag (content_ptr_id, name, tagged_manifest_id)
                SELECT new_id, name, content_ptr_id FROM wanted ORDER BY name COLLATE "C", digest COLLATE "C"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'container.tag', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'container.tag', t.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.container_manifest m ON m.digest = b.document ->> 'manifest'
                JOIN public.container_tag t ON t.name = b.document ->> 'name' AND t.tagged_manifest_id = m.content_ptr_id;
