-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a publication of an apt repository has beside its metadata: each package once below the component all, and once below each
-- component that it is in. The path is that of publication-deb-packages.sql. $1: publication, $2: version, $3: detail, which has nothing.
WITH plugin AS (
        INSERT INTO public.deb_aptpublication (publication_ptr_id, simple, structured, signing_service_id)
                SELECT $1::uuid, true, true, NULL FROM (SELECT $3::jsonb) given
), content AS (
        SELECT rc.content_id AS id FROM public.core_repositoryversion v
                JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                WHERE v.pulp_id = $2::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
), listed (package_id, component) AS (
        SELECT id, 'all' FROM content
        UNION
        SELECT l.package_id, c.component
                FROM content JOIN public.deb_packagereleasecomponent l ON l.content_ptr_id = content.id
                JOIN public.deb_releasecomponent c ON c.content_ptr_id = l.release_component_id
                JOIN public.deb_release r ON r.content_ptr_id = c.release_id
                WHERE btrim(r.distribution, '/') <> 'default' AND EXISTS (SELECT FROM content o WHERE o.id = r.content_ptr_id) AND
                        EXISTS (SELECT FROM content o WHERE o.id = c.content_ptr_id)
)
INSERT INTO public.core_publishedartifact (pulp_id, pulp_created, pulp_last_updated, relative_path, content_artifact_id,
                publication_id)
        SELECT gen_random_uuid(), now(), now(), path, content_artifact_id, $1::uuid FROM (
                SELECT DISTINCT ON (f.path) f.path, ca.pulp_id AS content_artifact_id
                        FROM listed l
                        JOIN content ON content.id = l.package_id
                        JOIN public.deb_package p ON p.content_ptr_id = l.package_id
                        CROSS JOIN LATERAL (SELECT split_part(coalesce(nullif(p.source, ''), p.package), ' ', 1) AS name) s
                        CROSS JOIN LATERAL (SELECT concat_ws('/', 'pool', l.component,
                                left(s.name, CASE WHEN starts_with(s.name, 'lib') THEN 4 ELSE 1 END), s.name,
                                p.package || '_' || p.version || '_' || p.architecture || '.deb') AS path) f
                        JOIN public.core_contentartifact ca ON ca.content_id = p.content_ptr_id
                        ORDER BY f.path, p.sha256) a
                ORDER BY path COLLATE "C";
