-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Where a batch's trees are not as their .treeinfo says, whose sections the program has read. Files from before there was a section
-- [header] have most in [general]. A number that is not written in digits is not compared.
WITH tree AS (
        SELECT m.item, r.*, s.document AS s, a.sha256, coalesce(s.document #>> '{release,name}', s.document #>> '{general,family}') AS name,
                coalesce(s.document #>> '{media,discnum}', s.document #>> '{general,discnum}') AS disc,
                coalesce(s.document #>> '{media,totaldiscs}', s.document #>> '{general,totaldiscs}') AS discs,
                coalesce(s.document #>> '{tree,build_timestamp}', s.document #>> '{general,timestamp}') AS built
                FROM pg_temp.verify_made m
                JOIN pg_temp.verify_staged s ON s.unit_id = m.unit_id
                JOIN public.rpm_distributiontree r ON r.content_ptr_id = m.content_id
                CROSS JOIN LATERAL (SELECT f.sha256 FROM public.core_contentartifact c JOIN public.core_artifact f ON f.pulp_id = c.artifact_id
                        WHERE c.content_id = m.content_id AND c.relative_path IN ('.treeinfo', 'treeinfo')
                        ORDER BY c.relative_path COLLATE "C" LIMIT 1) a
                WHERE m.type = 'distribution'
), compared AS (
        SELECT t.item, v.* FROM tree t
                CROSS JOIN LATERAL (VALUES ('header_version', header_version, coalesce(s #>> '{header,version}', '0.0')),
                        ('release_name', release_name, name),
                        ('release_short', release_short, coalesce(s #>> '{release,short}', left(regexp_replace(name, '[^A-Z]', '', 'g'), 50))),
                        ('release_version', release_version, coalesce(s #>> '{release,version}', s #>> '{general,version}')),
                        ('release_is_layered', release_is_layered::text,
                                (lower(coalesce(s #>> '{release,is_layered}', '')) IN ('true', '1', 'yes'))::text),
                        ('base_product_name', base_product_name, s #>> '{base_product,name}'),
                        ('base_product_short', base_product_short, s #>> '{base_product,short}'),
                        ('base_product_version', base_product_version, s #>> '{base_product,version}'),
                        ('arch', arch, coalesce(s #>> '{tree,arch}', s #>> '{general,arch}')),
                        ('instimage', instimage, s #>> '{stage2,instimage}'), ('mainimage', mainimage, s #>> '{stage2,mainimage}'),
                        ('discnum', discnum::text, CASE WHEN disc ~ '^[0-9]+$' THEN disc::numeric::text
                                WHEN disc <> '' THEN discnum::text END),
                        ('totaldiscs', totaldiscs::text, CASE WHEN discs ~ '^[0-9]+$' THEN discs::numeric::text
                                WHEN discs <> '' THEN totaldiscs::text END),
                        -- A second less, so that Pulp 3's next synchronization sees another tree, and fetches it with its addons.
                        ('build_timestamp', build_timestamp::text, CASE WHEN built ~ '^[0-9]+([.][0-9]*)?$'
                                THEN (trunc(built::numeric) - 1)::float8::text ELSE build_timestamp::text END),
                        ('digest', digest, sha256)) v (field, actual, expected)
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s is %s, in Pulp 2 it is %s', field, coalesce(quote_literal(actual), 'absent'),
                coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
