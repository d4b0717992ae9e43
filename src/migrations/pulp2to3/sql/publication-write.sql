-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A complete publication with its manifest. $1: version, $2: SHA-256 of the manifest, whose artifact there is.
WITH artifact AS (
        UPDATE public.core_artifact SET timestamp_of_interest = now() WHERE sha256 = $2 RETURNING pulp_id
), publication AS (
        INSERT INTO public.core_publication (pulp_id, pulp_created, pulp_last_updated, pulp_type, complete, pass_through,
                        repository_version_id)
                VALUES (gen_random_uuid(), now(), now(), 'file.file', true, true, $1::uuid)
                RETURNING pulp_id
), file AS (
        INSERT INTO public.file_filepublication (publication_ptr_id, manifest) SELECT pulp_id, 'PULP_MANIFEST' FROM publication
), content AS (
        INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
                VALUES (gen_random_uuid(), now(), now(), 'core.publishedmetadata', NULL, now())
                RETURNING pulp_id
), metadata AS (
        INSERT INTO public.core_publishedmetadata (relative_path, publication_id, content_ptr_id)
                SELECT 'PULP_MANIFEST', p.pulp_id, c.pulp_id FROM publication p, content c
), contentartifact AS (
        INSERT INTO public.core_contentartifact (pulp_id, pulp_created, pulp_last_updated, relative_path, artifact_id, content_id)
                SELECT gen_random_uuid(), now(), now(), 'PULP_MANIFEST', a.pulp_id, c.pulp_id FROM artifact a, content c
                RETURNING pulp_id
)
INSERT INTO public.core_publishedartifact (pulp_id, pulp_created, pulp_last_updated, relative_path, content_artifact_id,
                publication_id)
        SELECT gen_random_uuid(), now(), now(), 'PULP_MANIFEST', ca.pulp_id, p.pulp_id FROM contentartifact ca, publication p;
