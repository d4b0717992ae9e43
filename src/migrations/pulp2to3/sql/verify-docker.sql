-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of a batch's units of plugin docker differs in Pulp 3.
WITH units AS (
        SELECT u.item, u.type, c.content_id, d.document AS d FROM pg_temp.verify_unit u
                JOIN migrationd_pulp2to3.unit_document d ON d.type = u.type AND d.unit_id = u.unit_id
                JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                JOIN public.core_content o ON o.pulp_id = c.content_id
), compared (item, field, actual, expected) AS (
        SELECT u.item, 'digest', b.digest, d ->> 'digest' FROM units u
                LEFT JOIN public.container_blob b ON b.content_ptr_id = u.content_id WHERE u.type = 'docker_blob'
        UNION ALL
        SELECT u.item, 'digest', m.digest, d ->> 'digest' FROM units u
                LEFT JOIN public.container_manifest m ON m.content_ptr_id = u.content_id
                WHERE u.type IN ('docker_manifest', 'docker_manifest_list')
        UNION ALL
        SELECT u.item, 'schema_version', m.schema_version::text, d ->> 'schema_version' FROM units u
                JOIN public.container_manifest m ON m.content_ptr_id = u.content_id
                WHERE u.type IN ('docker_manifest', 'docker_manifest_list')
        UNION ALL
        SELECT u.item, v.* FROM units u LEFT JOIN public.container_tag t ON t.content_ptr_id = u.content_id
                LEFT JOIN public.container_manifest m ON m.content_ptr_id = t.tagged_manifest_id
                CROSS JOIN LATERAL (VALUES ('name', t.name, d ->> 'name'), ('the digest of its manifest', m.digest, d ->> 'manifest_digest'))
                        v (field, actual, expected)
                WHERE u.type = 'docker_tag'
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s is %s, in Pulp 2 it is %s', field, coalesce(quote_literal(actual), 'absent'),
                coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
