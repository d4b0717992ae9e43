-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Links that a batch's modules lack, or have with packages that are no artifact of theirs. A module has links with the modular packages
-- of its repositories, and with those of others that were there when it was made; it may have more with modular packages that are called
-- the same.
WITH module AS (
        SELECT item, unit_id, content_id, d FROM pg_temp.verify_made WHERE type = 'modulemd'
), artifact AS MATERIALIZED (
        SELECT m.item, m.unit_id, m.content_id, t[1] AS name, coalesce(t[2], '0') AS epoch, t[3] AS version, t[4] AS release, t[5] AS arch
                FROM module m CROSS JOIN LATERAL jsonb_path_query(d, 'strict $.artifacts[*]', '{}', true) a
                CROSS JOIN LATERAL regexp_match(a #>> '{}', '^(.*)-(?:([^:-]*):)?([^-]*)-([^-]*)[.]([^.]*)$') t
), package AS MATERIALIZED (
        -- A package whose columns have changed in Pulp 3 is a difference of its own unit.
        SELECT a.*, p.type AS package_type, p.unit_id AS package_unit, p.content_id AS package_id
                FROM artifact a JOIN migrationd_pulp2to3.unit_document p ON p.document ->> 'name' = a.name AND
                        p.document ->> 'version' = a.version AND p.document ->> 'release' = a.release AND p.document ->> 'arch' = a.arch AND
                        coalesce(p.document ->> 'epoch', '0') = a.epoch
                WHERE p.type IN ('rpm', 'srpm') AND p.document -> 'is_modular' = 'true' AND p.content_id IS NOT NULL
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT p.item, format('it lacks the link with the package %s-%s:%s-%s.%s, content %s, which Pulp 2 has', p.name, p.epoch, p.version,
                p.release, p.arch, p.package_id)
                FROM package p JOIN public.rpm_package r ON r.content_ptr_id = p.package_id AND r.is_modular
                JOIN public.core_content c ON c.pulp_id = p.package_id
                JOIN public.core_content m ON m.pulp_id = p.content_id
                WHERE (c.pulp_created <= m.pulp_created OR EXISTS (SELECT FROM migrationd_pulp2to3.link l
                        JOIN migrationd_pulp2to3.link o ON o.repo_id = l.repo_id AND o.type = p.package_type AND o.unit_id = p.package_unit
                        WHERE l.type = 'modulemd' AND l.unit_id = p.unit_id)) AND
                        NOT EXISTS (SELECT FROM public.rpm_modulemd_packages x
                                WHERE x.modulemd_id = p.content_id AND x.package_id = p.package_id)
        UNION ALL
        SELECT m.item, format('it has a link with the package %s-%s:%s-%s.%s, content %s, which Pulp 2 has not', r.name, r.epoch, r.version,
                r.release, r.arch, x.package_id)
                FROM module m JOIN public.rpm_modulemd_packages x ON x.modulemd_id = m.content_id
                JOIN public.rpm_package r ON r.content_ptr_id = x.package_id
                WHERE NOT EXISTS (SELECT FROM package p WHERE p.unit_id = m.unit_id AND p.package_id = x.package_id) AND
                        NOT EXISTS (SELECT FROM artifact a WHERE a.unit_id = m.unit_id AND (a.name, a.epoch, a.version, a.release, a.arch) =
                                (r.name, r.epoch, r.version, r.release, r.arch) AND r.is_modular);
