-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of distribution trees, which Pulp 3 tells apart by their .treeinfo.
ANALYZE pg_temp.batch_document;

-- A content gets its rows in other tables only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (c.digest) u.new_id, c.*
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_distributiontree, b.document -> 'tree') c
                ORDER BY c.digest, u.unit_id
), made AS (
        INSERT INTO public.rpm_distributiontree (content_ptr_id, header_version, release_name, release_short, release_version,
                        release_is_layered, base_product_name, base_product_short, base_product_version, arch, build_timestamp,
                        instimage, mainimage, discnum, totaldiscs, digest)
                SELECT new_id, header_version, release_name, release_short, release_version, release_is_layered, base_product_name,
                        base_product_short, base_product_version, arch, build_timestamp, instimage, mainimage, discnum, totaldiscs,
                        digest FROM wanted ORDER BY digest
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
), documents AS (
        SELECT m.content_ptr_id, b.document
                FROM made m JOIN pg_temp.batch_unit u ON u.new_id = m.content_ptr_id
                JOIN pg_temp.batch_document b ON b.unit_id = u.unit_id
), made_checksums AS (
        INSERT INTO public.rpm_checksum (pulp_id, pulp_created, pulp_last_updated, path, checksum, distribution_tree_id)
                SELECT gen_random_uuid(), now(), now(), c.path, c.checksum, d.content_ptr_id
                        FROM documents d CROSS JOIN LATERAL jsonb_populate_recordset(NULL::public.rpm_checksum,
                                d.document -> 'checksums') c
), made_images AS (
        INSERT INTO public.rpm_image (pulp_id, pulp_created, pulp_last_updated, name, path, platforms, distribution_tree_id)
                SELECT gen_random_uuid(), now(), now(), i.name, i.path, i.platforms, d.content_ptr_id
                        FROM documents d CROSS JOIN LATERAL jsonb_populate_recordset(NULL::public.rpm_image,
                                d.document -> 'images') i
), made_variants AS (
        INSERT INTO public.rpm_variant (pulp_id, pulp_created, pulp_last_updated, variant_id, uid, name, type, packages,
                        source_packages, source_repository, debug_packages, debug_repository, identity, distribution_tree_id,
                        repository_id)
                SELECT gen_random_uuid(), now(), now(), v.variant_id, v.uid, v.name, v.type, v.packages, v.source_packages,
                        v.source_repository, v.debug_packages, v.debug_repository, v.identity, d.content_ptr_id, NULL
                        FROM documents d CROSS JOIN LATERAL jsonb_populate_recordset(NULL::public.rpm_variant,
                                d.document -> 'variants') v
                        ON CONFLICT DO NOTHING
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'rpm.distribution_tree', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'rpm.distribution_tree', c.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.rpm_distributiontree c ON c.digest = b.document -> 'tree' ->> 'digest';

-- The lazy catalog has no entry for the .treeinfo: its address follows from that of another file of the tree.
INSERT INTO public.core_contentartifact (pulp_id, pulp_created, pulp_last_updated, relative_path, artifact_id, content_id)
        SELECT DISTINCT ON (c.content_id) gen_random_uuid(), now(), now(), f.relative_path, f.artifact_id, c.content_id
                FROM pg_temp.batch_file f JOIN pg_temp.batch_content c ON c.unit_id = f.unit_id
                WHERE f.part = ''
                ORDER BY c.content_id, f.relative_path
        ON CONFLICT DO NOTHING;
INSERT INTO public.core_remoteartifact AS ra (pulp_id, pulp_created, pulp_last_updated, url, size, md5, sha1, sha224, sha256, sha384,
                sha512, content_artifact_id, remote_id)
        SELECT DISTINCT ON (ca.pulp_id, i.remote_id) gen_random_uuid(), now(), now(),
                left(l.url, length(l.url) - length(o.relative_path)) || f.relative_path, f.size, f.md5, f.sha1, f.sha224, f.sha256,
                f.sha384, f.sha512, ca.pulp_id, i.remote_id
                FROM pg_temp.batch_file f
                JOIN pg_temp.batch_content c ON c.unit_id = f.unit_id
                JOIN public.core_contentartifact ca ON ca.content_id = c.content_id AND ca.relative_path = f.relative_path
                JOIN pg_temp.batch_file o ON o.unit_id = f.unit_id AND o.part <> ''
                JOIN migrationd_pulp2to3.lazy l ON l.type = 'distribution' AND l.unit_id = o.unit_id AND l.part = o.part AND
                        right(l.url, length(o.relative_path)) = o.relative_path
                JOIN migrationd_pulp2to3.importer i ON i.object_id = l.importer_id AND i.remote_id IS NOT NULL
                WHERE f.part = ''
                ORDER BY ca.pulp_id, i.remote_id, l.url
        ON CONFLICT (content_artifact_id, remote_id) DO UPDATE SET pulp_last_updated = now(), url = excluded.url
                WHERE ra.url <> excluded.url;
