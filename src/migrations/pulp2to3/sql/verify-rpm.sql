-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of a batch's units of plugin rpm differs in Pulp 3, as far as the fields that tell them apart go.
WITH units AS (
        SELECT u.item, u.type, c.content_id, d.document AS d FROM pg_temp.verify_unit u
                JOIN migrationd_pulp2to3.unit_document d ON d.type = u.type AND d.unit_id = u.unit_id
                JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                JOIN public.core_content o ON o.pulp_id = c.content_id
), compared AS (
        SELECT u.item, v.* FROM units u LEFT JOIN public.rpm_package p ON p.content_ptr_id = u.content_id
                CROSS JOIN LATERAL (VALUES ('name', p.name, d ->> 'name'), ('epoch', p.epoch, coalesce(d ->> 'epoch', '0')),
                        ('version', p.version, d ->> 'version'), ('release', p.release, d ->> 'release'), ('arch', p.arch, d ->> 'arch'),
                        ('pkgId', p."pkgId", d ->> 'checksum'),
                        ('checksum_type', p.checksum_type, regexp_replace(d ->> 'checksumtype', '^sha$', 'sha1'))) v (field, actual, expected)
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
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s is %s, in Pulp 2 it is %s', field, coalesce(quote_literal(actual), 'absent'),
                coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
