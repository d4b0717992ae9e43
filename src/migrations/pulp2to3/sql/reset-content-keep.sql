-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a repository has that is not the migration's, or a publication of it, stays. gone has the others then.
DELETE FROM migrationd_pulp2to3.made m USING pg_temp.gone g WHERE m.kind = 'content' AND m.id = g.id;
DELETE FROM pg_temp.gone g WHERE EXISTS (SELECT FROM public.core_repositorycontent c WHERE c.content_id = g.id) OR
        EXISTS (SELECT FROM public.core_contentartifact ca JOIN public.core_publishedartifact p ON p.content_artifact_id = ca.pulp_id
                WHERE ca.content_id = g.id);
