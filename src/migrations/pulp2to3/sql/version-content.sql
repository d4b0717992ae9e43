-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a new version adds to, and removes from, the one before. $1: repository, $2: the new version.
WITH removed AS (
        UPDATE public.core_repositorycontent rc SET version_removed_id = $2::uuid, pulp_last_updated = now()
                WHERE repository_id = $1::uuid AND version_removed_id IS NULL AND
                        NOT EXISTS (SELECT FROM pg_temp.wanted w WHERE w.content_id = rc.content_id)
)
INSERT INTO public.core_repositorycontent (pulp_id, pulp_created, pulp_last_updated, content_id, repository_id, version_added_id,
                version_removed_id)
        SELECT gen_random_uuid(), now(), now(), w.content_id, $1::uuid, $2::uuid, NULL FROM pg_temp.wanted w
                WHERE NOT EXISTS (SELECT FROM public.core_repositorycontent rc WHERE rc.repository_id = $1::uuid AND
                        rc.content_id = w.content_id AND rc.version_removed_id IS NULL);
