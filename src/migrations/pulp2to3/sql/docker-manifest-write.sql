-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of manifests with their blobs, or of manifest lists with their manifests. The premigration makes those due again
-- of which something is not migrated.
ANALYZE pg_temp.batch_document;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (b.document ->> 'digest') u.new_id, b.document ->> 'digest' AS digest,
                (b.document ->> 'schema_version')::integer AS schema_version, b.document ->> 'media_type' AS media_type,
                c.content_ptr_id AS config_blob_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                LEFT JOIN public.container_blob c ON c.digest = b.document ->> 'config_blob'
                ORDER BY b.document ->> 'digest', u.unit_id
), made AS (
        INSERT INTO public.container_manifest (content_ptr_id, digest, schema_version, media_type, config_blob_id)
                SELECT new_id, digest, schema_version, media_type, config_blob_id FROM wanted ORDER BY digest COLLATE "C"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'container.manifest', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'container.manifest', c.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.container_manifest c ON c.digest = b.document ->> 'digest';

-- What was not there when the manifest was made may be there now.
UPDATE public.container_manifest m SET config_blob_id = c.content_ptr_id
        FROM pg_temp.batch_content b JOIN pg_temp.batch_document d ON d.unit_id = b.unit_id
        JOIN public.container_blob c ON c.digest = d.document ->> 'config_blob'
        WHERE m.content_ptr_id = b.content_id AND m.config_blob_id IS NULL;

INSERT INTO public.container_blobmanifest (manifest_id, manifest_blob_id)
        SELECT w.manifest_id, w.blob_id FROM (
                SELECT DISTINCT b.content_id AS manifest_id, c.content_ptr_id AS blob_id
                        FROM pg_temp.batch_content b JOIN pg_temp.batch_document d ON d.unit_id = b.unit_id
                        CROSS JOIN LATERAL jsonb_array_elements_text(d.document -> 'blobs') g (digest)
                        JOIN public.container_blob c ON c.digest = g.digest) w
                WHERE NOT EXISTS (SELECT FROM public.container_blobmanifest o
                        WHERE o.manifest_id = w.manifest_id AND o.manifest_blob_id = w.blob_id)
                ORDER BY w.manifest_id, w.blob_id
        ON CONFLICT DO NOTHING;

-- Pulp 3's columns are named the other way round: image_manifest_id is the list, manifest_list_id what it lists. A manifest that
-- is listed for several platforms has one row, of the first.
INSERT INTO public.container_manifestlistmanifest (architecture, os, os_version, os_features, features, variant, image_manifest_id,
                manifest_list_id)
        SELECT w.architecture, w.os, w.os_version, w.os_features, w.features, w.variant, w.list_id, w.manifest_id FROM (
                SELECT DISTINCT ON (b.content_id, c.content_ptr_id) b.content_id AS list_id, c.content_ptr_id AS manifest_id, p.*
                        FROM pg_temp.batch_content b JOIN pg_temp.batch_document d ON d.unit_id = b.unit_id
                        CROSS JOIN LATERAL jsonb_array_elements(d.document -> 'listed') WITH ORDINALITY g (listed, ordinal)
                        CROSS JOIN LATERAL jsonb_to_record(g.listed) p (digest text, architecture text, os text, os_version text,
                                os_features text, features text, variant text)
                        JOIN public.container_manifest c ON c.digest = p.digest
                        ORDER BY b.content_id, c.content_ptr_id, g.ordinal) w
                WHERE NOT EXISTS (SELECT FROM public.container_manifestlistmanifest o
                        WHERE o.image_manifest_id = w.list_id AND o.manifest_list_id = w.manifest_id)
                ORDER BY w.list_id, w.manifest_id
        ON CONFLICT DO NOTHING;
