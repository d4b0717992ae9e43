-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Where a batch's manifests have other blobs than Pulp 2 says, or its lists other manifests than their files, which the program has read.
-- What a problem was told of is no difference as long as Pulp 3 has it not. One whose digest has changed is one of its own unit.
WITH manifest AS MATERIALIZED (
        SELECT m.item, m.known, m.content_id, m.d, s.document AS file FROM pg_temp.verify_made m
                LEFT JOIN pg_temp.verify_staged s ON s.unit_id = m.unit_id
                WHERE m.type = 'docker_manifest' OR (m.type = 'docker_manifest_list' AND s.unit_id IS NOT NULL)
), needed AS MATERIALIZED (
        SELECT DISTINCT item, known, content_id, 'blob' AS what, 'docker_blob' AS type, l ->> 'blob_sum' AS digest
                FROM manifest CROSS JOIN LATERAL jsonb_path_query(d, 'strict $.fs_layers[*]', '{}', true) l
                WHERE l ->> 'layer_type' IS DISTINCT FROM 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
        UNION ALL
        SELECT item, known, content_id, 'config blob', 'docker_blob', d ->> 'config_layer'
                FROM manifest WHERE file IS NULL AND d ->> 'config_layer' IS NOT NULL
        UNION
        SELECT item, known, content_id, 'manifest', 'docker_manifest', l ->> 'digest'
                FROM manifest CROSS JOIN LATERAL jsonb_path_query(file, 'strict $.manifests[*]', '{}', true) l
), linked AS MATERIALIZED (
        SELECT m.item, m.content_id, 'blob' AS what, b.content_ptr_id AS id, b.digest
                FROM manifest m JOIN public.container_blobmanifest l ON l.manifest_id = m.content_id
                JOIN public.container_blob b ON b.content_ptr_id = l.manifest_blob_id
        UNION ALL
        SELECT m.item, m.content_id, 'config blob', b.content_ptr_id, b.digest
                FROM manifest m JOIN public.container_manifest c ON c.content_ptr_id = m.content_id
                JOIN public.container_blob b ON b.content_ptr_id = c.config_blob_id
        UNION ALL
        -- Pulp 3's columns are named the other way round.
        SELECT m.item, m.content_id, 'manifest', c.content_ptr_id, c.digest
                FROM manifest m JOIN public.container_manifestlistmanifest l ON l.image_manifest_id = m.content_id
                JOIN public.container_manifest c ON c.content_ptr_id = l.manifest_list_id
), lacking AS MATERIALIZED (
        SELECT n.* FROM needed n WHERE NOT EXISTS (SELECT FROM linked l
                WHERE l.content_id = n.content_id AND l.what = n.what AND l.digest = n.digest)
), besides AS MATERIALIZED (
        SELECT l.* FROM linked l WHERE NOT EXISTS (SELECT FROM needed n
                WHERE n.content_id = l.content_id AND n.what = l.what AND n.digest = l.digest)
), renamed AS MATERIALIZED (
        SELECT l.content_id, l.what, l.digest, b.id FROM lacking l
                JOIN migrationd_pulp2to3.unit_document u ON u.type = l.type AND u.key = l.digest
                JOIN besides b ON b.content_id = l.content_id AND b.what = l.what AND b.id = u.content_id
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, 'it lacks the ' || what || ' ' || digest || ', which Pulp 2 has' FROM lacking l
                WHERE NOT EXISTS (SELECT FROM renamed r WHERE r.content_id = l.content_id AND r.what = l.what AND r.digest = l.digest) AND
                        -- A reason that was too long has not all digests.
                        (EXISTS (SELECT FROM public.container_blob b WHERE l.type = 'docker_blob' AND b.digest = l.digest) OR
                        EXISTS (SELECT FROM public.container_manifest b WHERE l.type = 'docker_manifest' AND b.digest = l.digest) OR
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.problem p WHERE p.item = l.known AND p.reason LIKE 'migrated without %'
                                AND (position(l.digest IN p.reason) > 0 OR length(p.reason) >= 4000)))
        UNION ALL
        SELECT item, 'it has the ' || what || ' ' || digest || ', which Pulp 2 has not' FROM besides b
                WHERE NOT EXISTS (SELECT FROM renamed r WHERE r.content_id = b.content_id AND r.what = b.what AND r.id = b.id);

-- What a list says of the platform that a manifest is for. A manifest that is listed for several has the first. Features are a Python list
-- in a text: those that Python would write with escapes are not compared.
WITH listed AS (
        SELECT DISTINCT ON (m.item, m.content_id, l.value ->> 'digest') m.item, m.content_id, l.value ->> 'digest' AS digest,
                l.value -> 'platform' AS p
                FROM pg_temp.verify_made m JOIN pg_temp.verify_staged s ON s.unit_id = m.unit_id
                CROSS JOIN LATERAL jsonb_path_query(s.document, 'strict $.manifests[*]', '{}', true) WITH ORDINALITY l (value, n)
                WHERE m.type = 'docker_manifest_list' ORDER BY m.item, m.content_id, l.value ->> 'digest', l.n
), compared AS (
        SELECT l.item, l.digest, v.* FROM listed l
                JOIN public.container_manifest m ON m.digest = l.digest
                JOIN public.container_manifestlistmanifest r ON r.image_manifest_id = l.content_id AND r.manifest_list_id = m.content_ptr_id
                CROSS JOIN LATERAL (VALUES ('architecture', r.architecture, coalesce(p ->> 'architecture', '')),
                        ('os', r.os, coalesce(p ->> 'os', '')), ('os_version', r.os_version, coalesce(p ->> 'os.version', '')),
                        ('variant', r.variant, coalesce(p ->> 'variant', ''))) v (field, actual, expected)
        UNION ALL
        SELECT l.item, l.digest, v.field, v.actual, CASE WHEN v.list IS NULL OR v.list = 'null' THEN ''
                WHEN jsonb_typeof(v.list) = 'array' AND t.plain THEN '[' || coalesce(t.text, '') || ']' ELSE v.actual END
                FROM listed l
                JOIN public.container_manifest m ON m.digest = l.digest
                JOIN public.container_manifestlistmanifest r ON r.image_manifest_id = l.content_id AND r.manifest_list_id = m.content_ptr_id
                CROSS JOIN LATERAL (VALUES ('os_features', r.os_features, p -> 'os.features'), ('features', r.features, p -> 'features'))
                        v (field, actual, list)
                CROSS JOIN LATERAL (SELECT coalesce(bool_and(jsonb_typeof(f) = 'string' AND f #>> '{}' ~ '^[]-~ -&(-[]*$'), true),
                        string_agg('''' || (f #>> '{}') || '''', ', ' ORDER BY n)
                        FROM jsonb_path_query(v.list, 'strict $[*]', '{}', true) WITH ORDINALITY e (f, n)) t (plain, text)
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s of the manifest %s is %L, in Pulp 2 it is %L', field, digest, actual, expected)
                FROM compared WHERE actual IS DISTINCT FROM expected;
