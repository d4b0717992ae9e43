-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a publication of an rpm repository has beside its metadata: packages under the path that publication-rpm-packages.sql tells, and
-- the files of distribution trees, whose treeinfo is published as metadata. $1: publication, $2: version, $3: detail.
WITH plugin AS (
        INSERT INTO public.rpm_rpmpublication (publication_ptr_id, metadata_checksum_type, package_checksum_type, gpgcheck,
                        repo_gpgcheck, sqlite_metadata)
                SELECT $1::uuid, d ->> 'metadata_checksum_type', d ->> 'package_checksum_type', 0, 0, (d -> 'sqlite_metadata')::boolean
                        FROM (SELECT $3::jsonb) given (d)
)
INSERT INTO public.core_publishedartifact (pulp_id, pulp_created, pulp_last_updated, relative_path, content_artifact_id,
                publication_id)
        SELECT gen_random_uuid(), now(), now(), CASE c.pulp_type WHEN 'rpm.package' THEN
                        'Packages/' || lower(left(ca.relative_path, 1)) || '/' || ca.relative_path ELSE ca.relative_path END,
                ca.pulp_id, $1::uuid
        FROM public.core_repositoryversion v
        JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
        JOIN public.core_content c ON c.pulp_id = rc.content_id
        JOIN public.core_contentartifact ca ON ca.content_id = rc.content_id
        WHERE v.pulp_id = $2::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number) AND
                (c.pulp_type = 'rpm.package' OR
                        (c.pulp_type = 'rpm.distribution_tree' AND ca.relative_path NOT IN ('.treeinfo', 'treeinfo')));
