-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Manifests are linked with their blobs, and lists with their manifests: those of which something is not migrated, or not any more,
-- are tried again.
UPDATE migrationd_pulp2to3.unit_document u SET migrated = false FROM (
        SELECT DISTINCT m.type, m.unit_id
                FROM migrationd_pulp2to3.unit_document m
                CROSS JOIN LATERAL (
                        SELECT 'docker_blob', b #>> '{}' FROM jsonb_path_query(m.document, 'lax $.fs_layers[*] ?
                                (!(@.layer_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")).blob_sum', '{}',
                                true) b
                        UNION ALL SELECT 'docker_blob', m.document ->> 'config_layer' WHERE m.document ->> 'config_layer' IS NOT NULL
                        UNION ALL SELECT 'docker_manifest', b #>> '{}'
                                FROM jsonb_path_query(m.document, 'lax $.manifests[*].digest', '{}', true) b) n (type, digest)
                LEFT JOIN migrationd_pulp2to3.unit_document d ON d.type = n.type AND d.key = n.digest
                WHERE m.type IN ('docker_manifest', 'docker_manifest_list') AND m.migrated AND d.content_id IS NULL) x
        WHERE u.type = x.type AND u.unit_id = x.unit_id;

-- Documents of blobs do not say how large they are, but those of manifests do. It is what tasks are sized by.
UPDATE migrationd_pulp2to3.unit_document b SET size = m.size FROM (
        SELECT l.layer ->> 'blob_sum' AS digest, max(least(greatest((l.layer ->> 'size')::numeric, 0), 1e15))::bigint AS size
                FROM migrationd_pulp2to3.unit_document d
                CROSS JOIN LATERAL jsonb_path_query(d.document, 'lax $.fs_layers[*] ? (@.size.type() == "number")', '{}', true) l (layer)
                WHERE d.type = 'docker_manifest' GROUP BY 1) m
        WHERE b.type = 'docker_blob' AND b.key = m.digest AND b.size <> m.size;
