-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a batch's rows have in the tables of plugin docker, whatever kind of row they are. What another repository's rows need stays:
-- tags and signatures need manifests, manifest lists need manifests, manifests need blobs.
DELETE FROM pg_temp.gone g WHERE EXISTS (SELECT FROM public.container_tag t WHERE t.tagged_manifest_id = g.id) OR
        EXISTS (SELECT FROM public.container_manifestsignature s WHERE s.signed_manifest_id = g.id) OR
        EXISTS (SELECT FROM public.container_manifestlistmanifest l JOIN public.core_repositorycontent c ON c.content_id = l.image_manifest_id
                WHERE l.manifest_list_id = g.id) OR
        EXISTS (SELECT FROM public.container_blobmanifest b WHERE b.manifest_blob_id = g.id) OR
        EXISTS (SELECT FROM public.container_manifest m WHERE m.config_blob_id = g.id);
DELETE FROM public.container_containerdistribution d USING pg_temp.gone g WHERE d.distribution_ptr_id = g.id;
DELETE FROM public.container_containerrepository d USING pg_temp.gone g WHERE d.repository_ptr_id = g.id;
DELETE FROM public.container_containerremote d USING pg_temp.gone g WHERE d.remote_ptr_id = g.id;
DELETE FROM public.container_manifestlistmanifest l USING pg_temp.gone g WHERE l.manifest_list_id = g.id;
DELETE FROM public.container_manifestlistmanifest l USING pg_temp.gone g WHERE l.image_manifest_id = g.id;
DELETE FROM public.container_blobmanifest b USING pg_temp.gone g WHERE b.manifest_id = g.id;
DELETE FROM public.container_tag d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.container_manifest d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.container_blob d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;

-- A namespace that the migration made goes with its last distribution.
WITH gone AS (
        DELETE FROM public.container_containernamespace n USING migrationd_pulp2to3.made m
                WHERE m.kind = 'namespace' AND m.id = n.pulp_id AND
                        NOT EXISTS (SELECT FROM public.container_containerdistribution d WHERE d.namespace_id = n.pulp_id)
                RETURNING n.pulp_id
)
DELETE FROM migrationd_pulp2to3.made m USING gone g WHERE m.kind = 'namespace' AND m.id = g.pulp_id;

-- Remotes that were there before get back what they had here.
UPDATE public.container_containerremote d SET upstream_name = f.upstream_name, include_tags = f.include_tags
        FROM migrationd_pulp2to3.made m CROSS JOIN LATERAL jsonb_populate_record(NULL::public.container_containerremote, m.former) f
        WHERE m.kind = 'remotedetail' AND m.id = d.remote_ptr_id;
DELETE FROM migrationd_pulp2to3.made m USING public.container_containerremote d WHERE m.kind = 'remotedetail' AND m.id = d.remote_ptr_id;
