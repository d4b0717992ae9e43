-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A metadata file of a publication. $1: publication, $2: path, $3: SHA-256 of the file, whose artifact there is.
WITH artifact AS (
        UPDATE public.core_artifact SET timestamp_of_interest = now() WHERE sha256 = $3 RETURNING pulp_id
), content AS (
        INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
                VALUES (gen_random_uuid(), now(), now(), 'core.publishedmetadata', NULL, now())
                RETURNING pulp_id
), metadata AS (
        INSERT INTO public.core_publishedmetadata (relative_path, publication_id, content_ptr_id)
                SELECT $2, $1::uuid, c.pulp_id FROM content c
), contentartifact AS (
        INSERT INTO public.core_contentartifact (pulp_id, pulp_created, pulp_last_updated, relative_path, artifact_id, content_id)
                SELECT gen_random_uuid(), now(), now(), $2, a.pulp_id, c.pulp_id FROM artifact a, content c
                RETURNING pulp_id
)
INSERT INTO public.core_publishedartifact (pulp_id, pulp_created, pulp_last_updated, relative_path, content_artifact_id,
                publication_id)
        SELECT gen_random_uuid(), now(), now(), $2, ca.pulp_id, $1::uuid FROM contentartifact ca;
