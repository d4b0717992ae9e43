-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Where references, collections and packages of a batch's advisories are not those of their errata. What updateinfo.xml does not show is
-- not compared, as advisories that are equal there are one: NULL is the empty text, and a package is there once or more.
WITH advisory AS (
        SELECT DISTINCT item, unit_id, content_id FROM pg_temp.verify_made WHERE type = 'erratum'
), expected AS (
        SELECT a.item, a.content_id, format('the reference %L (id %L, title %L, type %L)', coalesce(f ->> 'href', ''),
                coalesce(f ->> 'id', ''), coalesce(f ->> 'title', ''), coalesce(f ->> 'type', '')) AS fact
                FROM advisory a
                JOIN migrationd_pulp2to3.unit_document d ON d.type = 'erratum' AND d.unit_id = a.unit_id
                CROSS JOIN LATERAL jsonb_path_query(d.document, 'strict $.references[*]', '{}', true) f
), actual AS (
        SELECT a.item, a.content_id, format('the reference %L (id %L, title %L, type %L)', f.href, coalesce(f.ref_id, ''),
                coalesce(f.title, ''), f.ref_type) AS fact
                FROM advisory a JOIN public.rpm_updatereference f ON f.update_record_id = a.content_id
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, 'it lacks ' || fact || ', which Pulp 2 has' FROM (TABLE expected EXCEPT ALL TABLE actual) l
        UNION ALL
        SELECT item, 'it has ' || fact || ', which Pulp 2 has not' FROM (TABLE actual EXCEPT ALL TABLE expected) h;

-- All package lists of an erratum count, whichever repository they are of. The packages of a module are a collection, whose number is the
-- module's in the lists, and those that are not in the advisory's repository are left out.
WITH advisory AS (
        SELECT item, unit_id, repo_id, content_id, d ->> 'errata_id' AS errata_id FROM pg_temp.verify_made WHERE type = 'erratum'
), listed AS MATERIALIZED (
        SELECT e.unit_id, nullif(c.value -> 'module', 'null') AS module, p.value AS p,
                row_number() OVER (PARTITION BY e.unit_id ORDER BY l.object_id, c.n, p.n) AS place
                FROM (SELECT DISTINCT unit_id, errata_id FROM advisory) e
                JOIN migrationd_pulp2to3.pkglist l ON l.errata_id = e.errata_id
                CROSS JOIN LATERAL jsonb_path_query(l.document, 'strict $.collections[*]', '{}', true) WITH ORDINALITY c (value, n)
                CROSS JOIN LATERAL jsonb_path_query(c.value, 'strict $.packages[*]', '{}', true) WITH ORDINALITY p (value, n)
), module AS (
        SELECT unit_id, module, 'collection-' || (row_number() OVER (PARTITION BY unit_id ORDER BY min(place)) - 1) AS collection
                FROM listed GROUP BY unit_id, module
), kept AS MATERIALIZED (
        SELECT DISTINCT a.item, a.repo_id, a.content_id, m.collection, m.module, l.p
                FROM advisory a JOIN listed l ON l.unit_id = a.unit_id
                JOIN module m ON m.unit_id = l.unit_id AND m.module IS NOT DISTINCT FROM l.module
                WHERE EXISTS (SELECT FROM migrationd_pulp2to3.unit_document d
                        JOIN migrationd_pulp2to3.link i ON i.repo_id = a.repo_id AND i.type = d.type AND i.unit_id = d.unit_id
                        WHERE d.type IN ('rpm', 'srpm') AND d.document ->> 'name' = l.p ->> 'name' AND
                                d.document ->> 'version' = l.p ->> 'version' AND d.document ->> 'release' = l.p ->> 'release' AND
                                d.document ->> 'arch' = l.p ->> 'arch' AND
                                coalesce(d.document ->> 'epoch', '0') = coalesce(l.p ->> 'epoch', '0'))
), expected AS (
        SELECT item, repo_id, content_id, 'the collection ' || collection || coalesce(CASE WHEN module IS NOT NULL THEN
                format(' of the module %s:%s:%s:%s:%s', module ->> 'name', module ->> 'stream',
                CASE WHEN module ->> 'version' ~ '^[0-9]{1,18}$' THEN (module ->> 'version')::bigint ELSE 0 END,
                module ->> 'context', module ->> 'arch') END, '') AS fact FROM kept
        UNION
        -- Of several checksums, which are pairs of type and value, the strongest: its number is that of createrepo_c.
        SELECT item, repo_id, content_id, format('the package %s-%s:%s-%s.%s of %s (file %L, source %L, sum %s %L%s%s%s)', p ->> 'name',
                coalesce(p ->> 'epoch', '0'), p ->> 'version', p ->> 'release', p ->> 'arch', collection, coalesce(p ->> 'filename', ''),
                coalesce(p ->> 'src', ''), s.type, coalesce(s.sum, ''), CASE p ->> 'reboot_suggested' WHEN 'true' THEN ', reboot' END,
                CASE p ->> 'relogin_suggested' WHEN 'true' THEN ', relogin' END,
                CASE p ->> 'restart_suggested' WHEN 'true' THEN ', restart' END)
                FROM kept LEFT JOIN LATERAL (
                        SELECT t.number AS type, p #>> ARRAY['sum', (i.n + 1)::text] AS sum
                                FROM generate_series(0, CASE jsonb_typeof(p -> 'sum') WHEN 'array'
                                THEN jsonb_array_length(p -> 'sum') - 2 ELSE -1 END, 2) i (n)
                                JOIN (VALUES ('md5', 1), ('sha', 3), ('sha1', 3), ('sha224', 4), ('sha256', 5), ('sha384', 6),
                                        ('sha512', 7)) t (name, number) ON t.name = p #>> ARRAY['sum', i.n::text]
                                ORDER BY 1 DESC LIMIT 1) s ON true
), actual AS (
        SELECT a.item, a.repo_id, a.content_id, 'the collection ' || coalesce(c.name, '') ||
                coalesce(' (' || nullif(c.shortname, '') || ')', '') || CASE WHEN c.module IS NULL THEN '' ELSE
                format(' of the module %s:%s:%s:%s:%s', c.module ->> 'name', c.module ->> 'stream', c.module ->> 'version',
                c.module ->> 'context', c.module ->> 'arch') END AS fact
                FROM advisory a JOIN public.rpm_updatecollection c ON c.update_record_id = a.content_id
        UNION
        SELECT a.item, a.repo_id, a.content_id, format('the package %s-%s:%s-%s.%s of %s (file %L, source %L, sum %s %L%s%s%s)', p.name,
                p.epoch, p.version, p.release, p.arch, c.name, p.filename, p.src, p.sum_type, p.sum,
                CASE WHEN p.reboot_suggested THEN ', reboot' END, CASE WHEN p.relogin_suggested THEN ', relogin' END,
                CASE WHEN p.restart_suggested THEN ', restart' END)
                FROM advisory a JOIN public.rpm_updatecollection c ON c.update_record_id = a.content_id
                JOIN public.rpm_updatecollectionpackage p ON p.update_collection_id = c.pulp_id
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, 'it lacks ' || fact || ', which Pulp 2 has' FROM (TABLE expected EXCEPT TABLE actual) l
        UNION ALL
        SELECT item, 'it has ' || fact || ', which Pulp 2 has not' FROM (TABLE actual EXCEPT TABLE expected) h;
