-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Where a batch's components have another release, or no link with a package, or their release has not the package's architecture. A
-- component may be that of several repositories: what it has besides is no difference.
WITH component AS MATERIALIZED (
        SELECT m.item, m.unit_id, m.content_id, m.own_repo_id, m.d, r.release_id FROM pg_temp.verify_made m
                JOIN public.deb_releasecomponent r ON r.content_ptr_id = m.content_id WHERE m.type = 'deb_component'
), release AS MATERIALIZED (
        -- Releases of one distribution are told apart by the codename; of those that are alike either may be it.
        SELECT * FROM (SELECT c.unit_id, o.content_id, rank() OVER (PARTITION BY c.unit_id
                        ORDER BY o.document ->> 'codename' IS NOT DISTINCT FROM c.d ->> 'release' DESC) AS rank
                FROM component c JOIN migrationd_pulp2to3.unit_document o ON o.type = 'deb_release' AND o.repo_id = c.own_repo_id AND
                        o.document ->> 'distribution' = c.d ->> 'distribution') o WHERE rank = 1
), package AS MATERIALIZED (
        SELECT c.item, c.unit_id, c.content_id, p.content_id AS package_id, p.key, p.document -> 'control_fields' ->> 'Architecture' AS arch
                FROM component c CROSS JOIN LATERAL jsonb_path_query(c.d, 'strict $.packages[*]', '{}', true) g
                JOIN migrationd_pulp2to3.unit_document p ON p.type = 'deb' AND p.unit_id = g #>> '{}'
                WHERE p.content_id IS NOT NULL
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT c.item, format('release is %L, in Pulp 2 it is %s', concat_ws(' ', r.distribution, r.codename, r.suite),
                coalesce((SELECT quote_literal(min(concat_ws(' ', e.distribution, e.codename, e.suite))) FROM release o
                        JOIN public.deb_release e ON e.content_ptr_id = o.content_id WHERE o.unit_id = c.unit_id), 'absent'))
                FROM component c JOIN public.deb_release r ON r.content_ptr_id = c.release_id
                WHERE NOT EXISTS (SELECT FROM release o WHERE o.unit_id = c.unit_id AND o.content_id = c.release_id)
        UNION ALL
        SELECT p.item, 'it lacks the link with the package ' || replace(p.key, U&'\001F', ' ') || ', which Pulp 2 has' FROM package p
                WHERE NOT EXISTS (SELECT FROM public.deb_packagereleasecomponent l
                        WHERE l.package_id = p.package_id AND l.release_component_id = p.content_id)
        UNION ALL
        SELECT p.item, 'its release lacks the architecture ' || p.arch || ', which Pulp 2 has'
                FROM (SELECT DISTINCT item, unit_id, arch FROM package WHERE arch <> 'all') p
                WHERE NOT EXISTS (SELECT FROM release o JOIN public.deb_releasearchitecture a ON a.release_id = o.content_id
                        WHERE o.unit_id = p.unit_id AND a.architecture = p.arch);
