-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of a batch's units of plugin deb differs in Pulp 3, as far as the fields that tell them apart go.
WITH units AS (
        SELECT u.item, u.type, c.content_id, o.pulp_type, d.document AS d FROM pg_temp.verify_unit u
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
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s is %s, in Pulp 2 it is %s', field, coalesce(quote_literal(actual), 'absent'),
                coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
