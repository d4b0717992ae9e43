-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of a batch's units of plugin rpm differs in Pulp 3. Contents that were there before are compared by the fields that
-- tell them apart, those that the migration made by all columns that Pulp 2's documents, and not its files or repodata, say.
WITH units AS (
        SELECT u.item, u.type, c.content_id, d.document AS d,
                EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'content' AND m.id = c.content_id) AS made
                FROM pg_temp.verify_unit u
                JOIN migrationd_pulp2to3.unit_document d ON d.type = u.type AND d.unit_id = u.unit_id
                JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                JOIN public.core_content o ON o.pulp_id = c.content_id
), compared AS (
        SELECT u.item, v.* FROM units u LEFT JOIN public.rpm_package p ON p.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('name', p.name, d ->> 'name'), ('epoch', p.epoch, coalesce(d ->> 'epoch', '0')),
                        ('version', p.version, d ->> 'version'), ('release', p.release, d ->> 'release'), ('arch', p.arch, d ->> 'arch'),
                        ('pkgId', p."pkgId", d ->> 'checksum'),
                        ('checksum_type', p.checksum_type, regexp_replace(d ->> 'checksumtype', '^sha$', 'sha1')))
                        v (field, actual, expected)
                WHERE u.type IN ('rpm', 'srpm')
        UNION ALL
        SELECT u.item, v.* FROM units u LEFT JOIN public.rpm_updaterecord r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('id', r.id, d ->> 'errata_id')) v (field, actual, expected)
                WHERE u.type = 'erratum'
        UNION ALL
        SELECT u.item, v.* FROM units u LEFT JOIN public.rpm_modulemd m ON m.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('name', m.name, d ->> 'name'), ('stream', m.stream, d ->> 'stream'),
                        ('version', m.version, d ->> 'version'), ('context', m.context, d ->> 'context'), ('arch', m.arch, d ->> 'arch'))
                        v (field, actual, expected)
                WHERE u.type = 'modulemd'
        UNION ALL
        SELECT u.item, v.* FROM units u LEFT JOIN public.rpm_modulemddefaults m ON m.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('module', m.module, d ->> 'name'),
                        ('stream', coalesce(m.stream, ''), coalesce(d ->> 'stream', ''))) v (field, actual, expected)
                WHERE u.type = 'modulemd_defaults'
        UNION ALL
        SELECT u.item, v.* FROM units u LEFT JOIN public.rpm_repometadatafile f ON f.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('data_type', f.data_type, d ->> 'data_type'), ('checksum', f.checksum, d ->> 'checksum'))
                        v (field, actual, expected)
                WHERE u.type = 'yum_repo_metadata_file'
        UNION ALL
        SELECT u.item, 'id', g.id, d ->> 'package_group_id' FROM units u
                LEFT JOIN public.rpm_packagegroup g ON g.content_ptr_id = u.content_id WHERE u.type = 'package_group'
        UNION ALL
        SELECT u.item, 'id', g.id, d ->> 'package_category_id' FROM units u
                LEFT JOIN public.rpm_packagecategory g ON g.content_ptr_id = u.content_id WHERE u.type = 'package_category'
        UNION ALL
        SELECT u.item, 'id', g.id, d ->> 'package_environment_id' FROM units u
                LEFT JOIN public.rpm_packageenvironment g ON g.content_ptr_id = u.content_id WHERE u.type = 'package_environment'
        UNION ALL
        SELECT u.item, 'the row of its type', g.content_ptr_id::text, u.content_id::text FROM units u
                LEFT JOIN (SELECT content_ptr_id FROM public.rpm_packagelangpacks
                        UNION ALL SELECT content_ptr_id FROM public.rpm_distributiontree) g ON g.content_ptr_id = u.content_id
                WHERE u.type IN ('package_langpacks', 'distribution')
        UNION ALL
        SELECT u.item, v.* FROM units u JOIN public.rpm_package r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('is_modular', r.is_modular::text, coalesce(d -> 'is_modular' = 'true', false)::text))
                        v (field, actual, expected)
                WHERE u.type IN ('rpm', 'srpm') AND u.made
        UNION ALL
        SELECT u.item, v.* FROM units u JOIN public.rpm_updaterecord r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('description', r.description, coalesce(d ->> 'description', '')),
                        ('fromstr', r.fromstr, coalesce(d ->> 'from', '')),
                        ('status', r.status, coalesce(d ->> 'status', '')),
                        ('title', r.title, coalesce(d ->> 'title', '')),
                        ('summary', r.summary, coalesce(d ->> 'summary', '')),
                        ('version', r.version, coalesce(d ->> 'version', '')),
                        ('type', r.type, coalesce(d ->> 'type', '')),
                        ('severity', r.severity, coalesce(d ->> 'severity', '')),
                        ('solution', r.solution, coalesce(d ->> 'solution', '')),
                        ('release', r.release, coalesce(d ->> 'release', '')),
                        ('rights', r.rights, coalesce(d ->> 'rights', '')),
                        ('pushcount', r.pushcount, coalesce(d ->> 'pushcount', '')),
                        ('reboot_suggested', r.reboot_suggested::text, coalesce(d -> 'reboot_suggested' = 'true', false)::text))
                        v (field, actual, expected)
                WHERE u.type = 'erratum' AND u.made
        UNION ALL
        SELECT u.item, f.name, f.a, CASE WHEN f.t LIKE '% UTC' THEN left(f.t, -4)
                        WHEN f.t ~ '^[0-9]{1,9}$' THEN to_char(to_timestamp(f.t::bigint) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
                        WHEN f.t ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN f.t || ' 00:00:00'
                        WHEN f.t ~ '^[0-9]+$' OR length(f.t) = 10 THEN f.a ELSE f.t END
                FROM units u JOIN public.rpm_updaterecord r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('updated_date', r.updated_date, coalesce(d ->> 'updated', '')),
                        ('issued_date', r.issued_date, coalesce(d ->> 'issued', ''))) f (name, a, t)
                WHERE u.type = 'erratum' AND u.made
        UNION ALL
        SELECT u.item, v.* FROM units u JOIN public.rpm_modulemd r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('dependencies', r.dependencies::text, coalesce(nullif(d -> 'dependencies', 'null'), '[]')::text),
                        ('artifacts', r.artifacts::text, coalesce(nullif(d -> 'artifacts', 'null'), '[]')::text))
                        v (field, actual, expected)
                WHERE u.type = 'modulemd' AND u.made
        UNION ALL
        SELECT u.item, 'digest', r.digest, d ->> 'checksum' FROM units u
                JOIN public.rpm_modulemddefaults r ON r.content_ptr_id = u.content_id WHERE u.type = 'modulemd_defaults' AND u.made
        UNION ALL
        SELECT u.item, 'checksum_type', r.checksum_type, regexp_replace(d ->> 'checksum_type', '^sha$', 'sha1') FROM units u
                JOIN public.rpm_repometadatafile r ON r.content_ptr_id = u.content_id
                WHERE u.type = 'yum_repo_metadata_file' AND u.made
        UNION ALL
        SELECT u.item, v.* FROM units u JOIN public.rpm_packagegroup r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('name', r.name, coalesce(d ->> 'name', '')),
                        ('description', r.description, coalesce(d ->> 'description', '')),
                        ('display_order', r.display_order::text, d ->> 'display_order'),
                        ('desc_by_lang', r.desc_by_lang::text, coalesce(nullif(d -> 'translated_description', 'null'), '{}')::text),
                        ('name_by_lang', r.name_by_lang::text, coalesce(nullif(d -> 'translated_name', 'null'), '{}')::text),
                        ('default', r."default"::text, coalesce(d -> 'default' = 'true', false)::text),
                        ('user_visible', r.user_visible::text, coalesce(d -> 'user_visible' = 'true', false)::text),
                        ('biarch_only', r.biarch_only::text, coalesce(d -> 'biarch_only' = 'true', false)::text))
                        v (field, actual, expected)
                WHERE u.type = 'package_group' AND u.made
        UNION ALL
        SELECT u.item, 'packages', r.packages::text, (SELECT coalesce(jsonb_agg(jsonb_build_object('name',
                        CASE jsonb_typeof(i) WHEN 'array' THEN i ->> 0 ELSE i #>> '{}' END, 'type', l.type, 'basearchonly', NULL, 'requires',
                        CASE jsonb_typeof(i) WHEN 'array' THEN i ->> 1 END) ORDER BY l.ord, n), '[]')
                        FROM (VALUES (1, 3, 'mandatory'), (2, 0, 'default'), (3, 1, 'optional'), (4, 2, 'conditional')) l (ord, type, name)
                        CROSS JOIN LATERAL jsonb_path_query(d -> (l.name || '_package_names'), 'strict $[*]', '{}', true)
                                WITH ORDINALITY e (i, n))::text
                FROM units u JOIN public.rpm_packagegroup r ON r.content_ptr_id = u.content_id WHERE u.type = 'package_group' AND u.made
        UNION ALL
        SELECT u.item, v.* FROM units u JOIN public.rpm_packagecategory r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('name', r.name, coalesce(d ->> 'name', '')),
                        ('description', r.description, coalesce(d ->> 'description', '')),
                        ('display_order', r.display_order::text, d ->> 'display_order'),
                        ('desc_by_lang', r.desc_by_lang::text, coalesce(nullif(d -> 'translated_description', 'null'), '{}')::text),
                        ('name_by_lang', r.name_by_lang::text, coalesce(nullif(d -> 'translated_name', 'null'), '{}')::text))
                        v (field, actual, expected)
                WHERE u.type = 'package_category' AND u.made
        UNION ALL
        SELECT u.item, 'group_ids', r.group_ids::text, (SELECT coalesce(jsonb_agg(jsonb_build_object('name', coalesce(i ->> 'group', i #>> '{}'),
                        'default', coalesce(i -> 'default' = 'true', false)) ORDER BY n), '[]')
                        FROM jsonb_path_query(d, 'strict $.packagegroupids[*]', '{}', true) WITH ORDINALITY e (i, n))::text
                FROM units u JOIN public.rpm_packagecategory r ON r.content_ptr_id = u.content_id WHERE u.type = 'package_category' AND u.made
        UNION ALL
        SELECT u.item, v.* FROM units u JOIN public.rpm_packageenvironment r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('name', r.name, coalesce(d ->> 'name', '')),
                        ('description', r.description, coalesce(d ->> 'description', '')),
                        ('display_order', r.display_order::text, d ->> 'display_order'),
                        ('desc_by_lang', r.desc_by_lang::text, coalesce(nullif(d -> 'translated_description', 'null'), '{}')::text),
                        ('name_by_lang', r.name_by_lang::text, coalesce(nullif(d -> 'translated_name', 'null'), '{}')::text))
                        v (field, actual, expected)
                WHERE u.type = 'package_environment' AND u.made
        UNION ALL
        SELECT u.item, 'group_ids', r.group_ids::text, (SELECT coalesce(jsonb_agg(jsonb_build_object('name', coalesce(i ->> 'group', i #>> '{}'),
                        'default', coalesce(i -> 'default' = 'true', false)) ORDER BY n), '[]')
                        FROM jsonb_path_query(d, 'strict $.group_ids[*]', '{}', true) WITH ORDINALITY e (i, n))::text
                FROM units u JOIN public.rpm_packageenvironment r ON r.content_ptr_id = u.content_id
                WHERE u.type = 'package_environment' AND u.made
        UNION ALL
        SELECT u.item, 'option_ids', r.option_ids::text, (SELECT coalesce(jsonb_agg(jsonb_build_object('name', coalesce(i ->> 'group', i #>> '{}'),
                        'default', coalesce(i -> 'default' = 'true', false)) ORDER BY n), '[]')
                        FROM jsonb_path_query(d, 'strict $.options[*]', '{}', true) WITH ORDINALITY e (i, n))::text
                FROM units u JOIN public.rpm_packageenvironment r ON r.content_ptr_id = u.content_id
                WHERE u.type = 'package_environment' AND u.made
        UNION ALL
        SELECT u.item, 'matches', r.matches::text, (SELECT coalesce(jsonb_object_agg(i ->> 'name', i -> 'install' ORDER BY n), '{}')
                        FROM jsonb_path_query(d, 'strict $.matches[*]', '{}', true) WITH ORDINALITY e (i, n))::text
                FROM units u JOIN public.rpm_packagelangpacks r ON r.content_ptr_id = u.content_id
                WHERE u.type = 'package_langpacks' AND u.made
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s is %s, in Pulp 2 it is %s', field, coalesce(quote_literal(actual), 'absent'),
                coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
