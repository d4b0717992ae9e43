-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of releases. Those of several repositories may be one content.
ANALYZE pg_temp.batch_document;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (r.codename, r.suite, r.distribution) u.new_id, r.*
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.deb_release, b.document) r
                ORDER BY r.codename, r.suite, r.distribution, u.unit_id
), made AS (
        INSERT INTO public.deb_release (content_ptr_id, codename, suite, distribution)
                SELECT new_id, codename, suite, distribution FROM wanted
                        ORDER BY codename COLLATE "C", suite COLLATE "C", distribution COLLATE "C"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'deb.release', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'deb.release', r.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.deb_release, b.document) w
                JOIN public.deb_release r ON r.codename = w.codename AND r.suite = w.suite AND r.distribution = w.distribution;
