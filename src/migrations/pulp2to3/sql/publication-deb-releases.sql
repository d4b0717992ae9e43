-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The distributions that a version is published as: first "default", which has all packages as one component, then those of its
-- releases; "default" of these gives way to the first. $1: version. Columns: whether it is the first, folder below dists, codename,
-- suite, components and architectures separated by blanks, what each component's folder is, as JSON, architectures as JSON,
-- description of the repository, seconds since the epoch at which the version was made.
WITH content AS (
        SELECT rc.content_id AS id FROM public.core_repositoryversion v
                JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
), release AS (
        SELECT r.content_ptr_id AS id, coalesce(nullif(btrim(r.distribution, '/'), ''), 'flat-repo') AS folder, r.codename, r.suite
                FROM content JOIN public.deb_release r ON r.content_ptr_id = content.id
), component AS (
        SELECT c.content_ptr_id AS id, r.folder, c.component
                FROM content JOIN public.deb_releasecomponent c ON c.content_ptr_id = content.id JOIN release r ON r.id = c.release_id
), architecture AS (
        SELECT r.folder, a.architecture
                FROM content JOIN public.deb_releasearchitecture a ON a.content_ptr_id = content.id
                JOIN release r ON r.id = a.release_id
        UNION
        SELECT c.folder, p.architecture
                FROM content JOIN public.deb_packagereleasecomponent l ON l.content_ptr_id = content.id
                JOIN component c ON c.id = l.release_component_id
                JOIN public.deb_package p ON p.content_ptr_id = l.package_id
        UNION
        SELECT folder, 'all' FROM release
), published AS (
        SELECT true AS is_simple, 'default' AS folder, 'default' AS codename, NULL AS suite, ARRAY['all'] AS components,
                ARRAY(SELECT p.architecture COLLATE "C" FROM content JOIN public.deb_package p ON p.content_ptr_id = content.id
                        UNION SELECT 'all' ORDER BY 1) AS architectures
        UNION ALL
        (SELECT DISTINCT ON (r.folder) false, r.folder,
                coalesce(nullif(r.codename, ''), split_part(r.folder, '/', 1)), r.suite,
                ARRAY(SELECT DISTINCT c.component COLLATE "C" FROM component c WHERE c.folder = r.folder ORDER BY 1),
                ARRAY(SELECT DISTINCT a.architecture COLLATE "C" FROM architecture a WHERE a.folder = r.folder ORDER BY 1)
                FROM release r WHERE r.folder <> 'default' ORDER BY r.folder, r.codename COLLATE "C", r.suite COLLATE "C")
)
SELECT p.is_simple, p.folder, p.codename, p.suite, array_to_string(p.components, ' '), array_to_string(p.architectures, ' '),
        to_json(ARRAY(SELECT DISTINCT regexp_replace(c, '^.*/', '') COLLATE "C" FROM unnest(p.components) c ORDER BY 1)),
        to_json(p.architectures), r.description, extract(epoch FROM v.pulp_created)::bigint
        FROM published p CROSS JOIN public.core_repositoryversion v JOIN public.core_repository r ON r.pulp_id = v.repository_id
        WHERE v.pulp_id = $1::uuid
        ORDER BY p.is_simple DESC, p.folder COLLATE "C";
