-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What an erratum says of packages, for each repository that has it: its package lists, which Pulp 2 has for each repository,
-- merged by module, without packages that are not in the repository, and named as Pulp 2 publishes them.
ANALYZE pg_temp.batch_unit;
ANALYZE pg_temp.batch_document;

WITH packages AS (
        SELECT b.unit_id, nullif(c.value -> 'module', 'null'::jsonb) AS module, n.package,
                row_number() OVER (PARTITION BY b.unit_id ORDER BY l.object_id, c.ordinality, p.ordinality) AS place
                FROM pg_temp.batch_document b
                JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN migrationd_pulp2to3.pkglist l ON l.errata_id = b.document ->> 'id'
                CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(l.document -> 'collections')
                        WHEN 'array' THEN l.document -> 'collections' ELSE '[]' END) WITH ORDINALITY c
                CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(c.value -> 'packages')
                        WHEN 'array' THEN c.value -> 'packages' ELSE '[]' END) WITH ORDINALITY p
                -- Checksums are pairs of type and value: the strongest, by its number in createrepo_c.
                LEFT JOIN LATERAL (SELECT t.number AS sum_type, p.value -> 'sum' ->> (i * 2 + 1) AS sum
                        FROM generate_series(0, CASE jsonb_typeof(p.value -> 'sum')
                                WHEN 'array' THEN jsonb_array_length(p.value -> 'sum') / 2 - 1 ELSE -1 END) i
                        JOIN (VALUES ('md5', 1), ('sha', 3), ('sha1', 3), ('sha224', 4), ('sha256', 5), ('sha384', 6), ('sha512', 7))
                                t (name, number) ON t.name = p.value -> 'sum' ->> (i * 2)
                        ORDER BY t.number DESC LIMIT 1) s ON true
                CROSS JOIN LATERAL (SELECT jsonb_build_object('name', p.value ->> 'name', 'epoch', p.value ->> 'epoch',
                        'version', p.value ->> 'version', 'release', p.value ->> 'release', 'arch', p.value ->> 'arch',
                        'filename', coalesce(p.value ->> 'filename', ''), 'src', coalesce(p.value ->> 'src', ''),
                        'sum', coalesce(s.sum, ''), 'sum_type', s.sum_type,
                        'reboot_suggested', coalesce(p.value ->> 'reboot_suggested', '') = 'true',
                        'relogin_suggested', coalesce(p.value ->> 'relogin_suggested', '') = 'true',
                        'restart_suggested', coalesce(p.value ->> 'restart_suggested', '') = 'true') AS package) n
), distinct_packages AS (
        SELECT unit_id, module, package, min(place) AS place FROM packages GROUP BY unit_id, module, package
), modules AS (
        SELECT unit_id, module, row_number() OVER (PARTITION BY unit_id ORDER BY min(place)) - 1 AS number
                FROM distinct_packages GROUP BY unit_id, module
), kept AS (
        SELECT DISTINCT k.unit_id, r.repo_id, m.number, k.module, k.package, k.place
                FROM distinct_packages k
                JOIN modules m ON m.unit_id = k.unit_id AND m.module IS NOT DISTINCT FROM k.module
                JOIN migrationd_pulp2to3.link r ON r.type = 'erratum' AND r.unit_id = k.unit_id
                WHERE EXISTS (
                        SELECT FROM migrationd_pulp2to3.unit_document d
                                JOIN migrationd_pulp2to3.link i ON i.type = d.type AND i.unit_id = d.unit_id AND i.repo_id = r.repo_id
                                WHERE d.type IN ('rpm', 'srpm') AND d.document ->> 'name' = k.package ->> 'name' AND
                                        coalesce(d.document ->> 'epoch', '0') = coalesce(k.package ->> 'epoch', '0') AND
                                        d.document ->> 'version' = k.package ->> 'version' AND
                                        d.document ->> 'release' = k.package ->> 'release' AND
                                        d.document ->> 'arch' = k.package ->> 'arch')
), collections AS (
        SELECT unit_id, repo_id, number, jsonb_build_object('name', 'collection-' || number, 'shortname', '', 'module', CASE
                        WHEN module IS NOT NULL THEN module || jsonb_build_object('version', CASE
                                WHEN module ->> 'version' ~ '^[0-9]{1,18}$' THEN to_jsonb((module ->> 'version')::bigint)
                                ELSE to_jsonb(0) END) END,
                        'packages', jsonb_agg(package ORDER BY place)) AS collection
                FROM kept GROUP BY unit_id, repo_id, number, module
)
INSERT INTO pg_temp.batch_advisory (unit_id, repo_id, collections)
        SELECT r.unit_id, r.repo_id, coalesce(jsonb_agg(c.collection ORDER BY c.number) FILTER (WHERE c.unit_id IS NOT NULL), '[]')
                FROM pg_temp.batch_document b
                JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN migrationd_pulp2to3.link r ON r.type = 'erratum' AND r.unit_id = b.unit_id
                LEFT JOIN collections c ON c.unit_id = r.unit_id AND c.repo_id = r.repo_id
                GROUP BY r.unit_id, r.repo_id;
ANALYZE pg_temp.batch_advisory;
