-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The packages of one index of a version, in its order. $1: version, $2: folder below dists; NULL: all packages, as the component all,
-- $3: folder of the component, $4: architecture. Columns: the package as an object, path, MD5, SHA-1, SHA-256, size; the last ones are
-- NULL where it has no file. The path is that of publication-deb.sql.
WITH content AS (
        SELECT rc.content_id AS id FROM public.core_repositoryversion v
                JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
), listed (package_id, component) AS (
        SELECT id, 'all' FROM content WHERE $2::text IS NULL
        UNION
        SELECT l.package_id, c.component
                FROM content JOIN public.deb_packagereleasecomponent l ON l.content_ptr_id = content.id
                JOIN public.deb_releasecomponent c ON c.content_ptr_id = l.release_component_id
                JOIN public.deb_release r ON r.content_ptr_id = c.release_id
                WHERE coalesce(nullif(btrim(r.distribution, '/'), ''), 'flat-repo') = $2 AND
                        regexp_replace(c.component, '^.*/', '') = $3 AND EXISTS (SELECT FROM content o WHERE o.id = r.content_ptr_id) AND
                        EXISTS (SELECT FROM content o WHERE o.id = c.content_ptr_id)
)
SELECT to_jsonb(p), f.path, a.md5, a.sha1, a.sha256, a.size
        FROM listed l
        JOIN content ON content.id = l.package_id
        JOIN public.deb_package p ON p.content_ptr_id = l.package_id
        CROSS JOIN LATERAL (SELECT split_part(coalesce(nullif(p.source, ''), p.package), ' ', 1) AS name) s
        CROSS JOIN LATERAL (SELECT concat_ws('/', 'pool', l.component, left(s.name, CASE WHEN starts_with(s.name, 'lib') THEN 4 ELSE 1 END),
                s.name, p.package || '_' || p.version || '_' || p.architecture || '.deb') AS path) f
        LEFT JOIN public.core_contentartifact ca ON ca.content_id = p.content_ptr_id
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        WHERE p.architecture = $4
        ORDER BY p.package COLLATE "C", p.version COLLATE "C", p.sha256 COLLATE "C", l.component COLLATE "C";
