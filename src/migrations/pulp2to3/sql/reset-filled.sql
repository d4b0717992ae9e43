-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Files that contents of others got from the migration: what was on demand before is it again, what was not there goes.
-- $1: what the pulp_type of contents of the plugins begins with.
WITH chosen AS (
        SELECT m.id, m.former FROM migrationd_pulp2to3.made m JOIN public.core_contentartifact a ON a.pulp_id = m.id
                JOIN public.core_content c ON c.pulp_id = a.content_id
                WHERE m.kind = 'contentartifact' AND split_part(c.pulp_type, '.', 1) = ANY ($1::text[])
), restored AS (
        UPDATE public.core_contentartifact a SET artifact_id = NULL, pulp_last_updated = f.pulp_last_updated
                FROM chosen c CROSS JOIN LATERAL jsonb_populate_record(NULL::public.core_contentartifact, c.former) f
                WHERE c.former IS NOT NULL AND a.pulp_id = c.id
), remotes AS (
        DELETE FROM public.core_remoteartifact r USING chosen c WHERE c.former IS NULL AND r.content_artifact_id = c.id
), removed AS (
        DELETE FROM public.core_contentartifact a USING chosen c WHERE c.former IS NULL AND a.pulp_id = c.id AND
                NOT EXISTS (SELECT FROM public.core_publishedartifact p WHERE p.content_artifact_id = a.pulp_id)
)
DELETE FROM migrationd_pulp2to3.made m USING chosen c WHERE m.kind = 'contentartifact' AND m.id = c.id;
