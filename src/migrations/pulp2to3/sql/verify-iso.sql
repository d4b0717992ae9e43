-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of a batch's ISO units differs in Pulp 3.
WITH compared AS (
        SELECT u.item, v.* FROM pg_temp.verify_unit u
                JOIN migrationd_pulp2to3.iso i ON i.unit_id = u.unit_id
                JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                JOIN public.core_content o ON o.pulp_id = c.content_id
                LEFT JOIN public.file_filecontent f ON f.content_ptr_id = c.content_id
                LEFT JOIN public.core_contentartifact ca ON ca.content_id = c.content_id
                LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
                CROSS JOIN LATERAL (VALUES ('relative_path', f.relative_path, i.name), ('digest', f.digest, i.checksum),
                        ('the size of its artifact', coalesce(a.size, i.size)::text, i.size::text),
                        ('the SHA-256 of its artifact', coalesce(a.sha256, i.checksum), i.checksum)) v (field, actual, expected)
                WHERE u.type = 'iso'
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s is %s, in Pulp 2 it is %s', field, coalesce(quote_literal(actual), 'absent'),
                coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
