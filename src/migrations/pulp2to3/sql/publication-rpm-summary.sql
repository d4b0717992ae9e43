-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a publication of an rpm repository goes by. $1: version. Columns: seconds since the epoch at which the version was made, how
-- many contents and how many packages it has, and the checksum type of its first package.
WITH content AS (
        SELECT rc.content_id FROM public.core_repositoryversion v
                JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
)
SELECT extract(epoch FROM v.pulp_created)::bigint, (SELECT count(*) FROM content),
        (SELECT count(*) FROM content c JOIN public.rpm_package p ON p.content_ptr_id = c.content_id),
        (SELECT p.checksum_type FROM content c JOIN public.rpm_package p ON p.content_ptr_id = c.content_id
                ORDER BY p.name COLLATE "C", p.epoch COLLATE "C", p.version COLLATE "C", p.release COLLATE "C", p.arch COLLATE "C",
                        p.checksum_type COLLATE "C", p."pkgId" COLLATE "C" LIMIT 1)
        FROM public.core_repositoryversion v WHERE v.pulp_id = $1::uuid;
