-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of Debian packages.
ANALYZE pg_temp.batch_document;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (p.relative_path, p.sha256) u.new_id, p.*
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.deb_package, b.document) p
                ORDER BY p.relative_path, p.sha256, u.unit_id
), made AS (
        INSERT INTO public.deb_package (content_ptr_id, package, source, version, architecture, section, priority, origin, tag, bugs,
                        essential, build_essential, installed_size, maintainer, original_maintainer, description, description_md5,
                        homepage, built_using, auto_built_package, multi_arch, breaks, conflicts, depends, recommends, suggests,
                        enhances, pre_depends, provides, replaces, relative_path, sha256, custom_fields)
                SELECT new_id, package, source, version, architecture, section, priority, origin, tag, bugs, essential,
                        build_essential, installed_size, maintainer, original_maintainer, description, description_md5, homepage,
                        built_using, auto_built_package, multi_arch, breaks, conflicts, depends, recommends, suggests, enhances,
                        pre_depends, provides, replaces, relative_path, sha256, custom_fields
                        FROM wanted ORDER BY relative_path COLLATE "C", sha256 COLLATE "C"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'deb.package', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'deb.package', p.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.deb_package p ON p.relative_path = b.document ->> 'relative_path' AND p.sha256 = b.document ->> 'sha256';
