-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of files of a repository's metadata.
ANALYZE pg_temp.batch_document;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (c.data_type, c.checksum, c.relative_path) u.new_id, c.*
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_repometadatafile, b.document) c
                ORDER BY c.data_type, c.checksum, c.relative_path, u.unit_id
), made AS (
        INSERT INTO public.rpm_repometadatafile (content_ptr_id, data_type, checksum_type, checksum, relative_path)
                SELECT new_id, data_type, checksum_type, checksum, relative_path FROM wanted
                        ORDER BY data_type COLLATE "C", checksum COLLATE "C", relative_path COLLATE "C"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'rpm.repo_metadata_file', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'rpm.repo_metadata_file', c.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.rpm_repometadatafile c ON c.data_type = b.document ->> 'data_type' AND
                        c.checksum = b.document ->> 'checksum' AND c.relative_path = b.document ->> 'relative_path';
