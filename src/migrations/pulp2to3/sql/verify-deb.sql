-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of a batch's units of plugin deb differs in Pulp 3. Contents that were there before are compared by the fields that
-- tell them apart, those that the migration made by all columns.
WITH units AS (
        SELECT u.item, u.type, c.content_id, o.pulp_type, d.document AS d,
                EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'content' AND m.id = c.content_id) AS made
                FROM pg_temp.verify_unit u
                JOIN migrationd_pulp2to3.unit_document d ON d.type = u.type AND d.unit_id = u.unit_id
                JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                JOIN public.core_content o ON o.pulp_id = c.content_id
), compared AS (
        SELECT u.item, v.* FROM units u LEFT JOIN public.deb_package p ON p.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('relative_path', p.relative_path, d ->> 'filename'),
                        ('sha256', p.sha256, CASE d ->> 'checksumtype' WHEN 'sha256' THEN d ->> 'checksum' ELSE p.sha256 END),
                        ('package', p.package, d -> 'control_fields' ->> 'Package'),
                        ('version', p.version, d -> 'control_fields' ->> 'Version'),
                        ('architecture', p.architecture, d -> 'control_fields' ->> 'Architecture')) v (field, actual, expected)
                WHERE u.type = 'deb'
        UNION ALL
        SELECT u.item, v.* FROM units u LEFT JOIN public.deb_release r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('codename', coalesce(r.codename, ''), coalesce(d ->> 'codename', '')),
                        ('suite', coalesce(r.suite, ''), coalesce(d ->> 'suite', '')),
                        ('distribution', r.distribution, coalesce(nullif(btrim(d ->> 'distribution', '/'), ''), '/')))
                        v (field, actual, expected)
                WHERE u.type = 'deb_release'
        UNION ALL
        SELECT u.item, 'component', r.component, d ->> 'name' FROM units u
                LEFT JOIN public.deb_releasecomponent r ON r.content_ptr_id = u.content_id
                WHERE u.type = 'deb_component' AND u.pulp_type = 'deb.release_component'
        UNION ALL
        -- Names of fields are the same in any case.
        SELECT u.item, v.* FROM units u JOIN public.deb_package r ON r.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (SELECT jsonb_object_agg(lower(key), value) FROM jsonb_each(d -> 'control_fields')) f (k)
                CROSS JOIN LATERAL (VALUES ('source', r.source, nullif(k ->> 'source', '')),
                        ('section', r.section, nullif(k ->> 'section', '')),
                        ('priority', r.priority, nullif(k ->> 'priority', '')),
                        ('origin', r.origin, nullif(k ->> 'origin', '')),
                        ('tag', r.tag, nullif(k ->> 'tag', '')), ('bugs', r.bugs, nullif(k ->> 'bugs', '')),
                        ('essential', r.essential::text, CASE k ->> 'essential' WHEN 'yes' THEN 'true' WHEN 'no' THEN 'false' END),
                        ('build_essential', r.build_essential::text,
                                CASE k ->> 'build-essential' WHEN 'yes' THEN 'true' WHEN 'no' THEN 'false' END),
                        ('installed_size', r.installed_size::text, CASE WHEN k ->> 'installed-size' ~ '^[0-9]{1,11}$' AND
                                (k ->> 'installed-size')::bigint <= 2147483647 THEN (k ->> 'installed-size')::bigint::text END),
                        ('maintainer', r.maintainer, nullif(k ->> 'maintainer', '')),
                        ('original_maintainer', r.original_maintainer, nullif(k ->> 'original-maintainer', '')),
                        ('description', r.description, nullif(k ->> 'description', '')),
                        ('description_md5', r.description_md5, nullif(k ->> 'description-md5', '')),
                        ('homepage', r.homepage, nullif(k ->> 'homepage', '')),
                        ('built_using', r.built_using, nullif(k ->> 'built-using', '')),
                        ('multi_arch', r.multi_arch::text,
                                CASE WHEN k ->> 'multi-arch' IN ('no', 'same', 'foreign', 'allowed') THEN k ->> 'multi-arch' END),
                        ('breaks', r.breaks, nullif(k ->> 'breaks', '')),
                        ('conflicts', r.conflicts, nullif(k ->> 'conflicts', '')),
                        ('depends', r.depends, nullif(k ->> 'depends', '')),
                        ('recommends', r.recommends, nullif(k ->> 'recommends', '')),
                        ('suggests', r.suggests, nullif(k ->> 'suggests', '')),
                        ('enhances', r.enhances, nullif(k ->> 'enhances', '')),
                        ('pre_depends', r.pre_depends, nullif(k ->> 'pre-depends', '')),
                        ('provides', r.provides, nullif(k ->> 'provides', '')),
                        ('replaces', r.replaces, nullif(k ->> 'replaces', ''))) v (field, actual, expected)
                WHERE u.type = 'deb' AND u.made
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s is %s, in Pulp 2 it is %s', field, coalesce(quote_literal(actual), 'absent'),
                coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
