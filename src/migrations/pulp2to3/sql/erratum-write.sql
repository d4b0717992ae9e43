-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of advisories. Equal ones of several repositories are one content.
ANALYZE pg_temp.batch_advisory_digest;

-- A content gets its row in the master table, its collections and references only if its natural key was really new.
-- The times tell the order of what belongs to an advisory.
WITH wanted AS (
        SELECT DISTINCT ON (g.digest) g.digest AS new_digest, a.new_id, r.*
                FROM pg_temp.batch_advisory_digest g
                JOIN pg_temp.batch_advisory a ON a.unit_id = g.unit_id AND a.repo_id = g.repo_id
                JOIN pg_temp.batch_document b ON b.unit_id = a.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_updaterecord, b.document) r
                ORDER BY g.digest, a.unit_id, a.repo_id
), made AS (
        INSERT INTO public.rpm_updaterecord (content_ptr_id, id, updated_date, description, issued_date, fromstr, status, title,
                        summary, version, type, severity, solution, release, rights, pushcount, digest, reboot_suggested)
                SELECT new_id, id, updated_date, description, issued_date, fromstr, status, title, summary, version, type, severity,
                        solution, release, rights, pushcount, new_digest, reboot_suggested FROM wanted
                        ORDER BY new_digest
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
), collections AS MATERIALIZED (
        SELECT gen_random_uuid() AS id, m.content_ptr_id, c.value, c.ordinality
                FROM made m JOIN pg_temp.batch_advisory a ON a.new_id = m.content_ptr_id
                CROSS JOIN LATERAL jsonb_array_elements(a.collections) WITH ORDINALITY c
), made_collections AS (
        INSERT INTO public.rpm_updatecollection (pulp_id, pulp_created, pulp_last_updated, name, shortname, module, update_record_id)
                SELECT id, now() + ordinality * interval '1 microsecond', now(), value ->> 'name', value ->> 'shortname',
                        nullif(value -> 'module', 'null'::jsonb), content_ptr_id FROM collections
), made_packages AS (
        INSERT INTO public.rpm_updatecollectionpackage (pulp_id, pulp_created, pulp_last_updated, arch, epoch, filename, name,
                        reboot_suggested, release, src, sum, version, update_collection_id, relogin_suggested, restart_suggested,
                        sum_type)
                SELECT gen_random_uuid(), now() + p.ordinality * interval '1 microsecond', now(), coalesce(n.arch, ''),
                        coalesce(n.epoch, '0'), n.filename, n.name, n.reboot_suggested, n.release, n.src, n.sum, n.version, c.id,
                        n.relogin_suggested, n.restart_suggested, n.sum_type
                        FROM collections c
                        CROSS JOIN LATERAL jsonb_array_elements(c.value -> 'packages') WITH ORDINALITY p
                        CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_updatecollectionpackage, p.value) n
), made_references AS (
        INSERT INTO public.rpm_updatereference (pulp_id, pulp_created, pulp_last_updated, href, ref_id, title, ref_type,
                        update_record_id)
                SELECT gen_random_uuid(), now() + f.ordinality * interval '1 microsecond', now(), f.value ->> 'href',
                        f.value ->> 'ref_id', f.value ->> 'title', f.value ->> 'ref_type', m.content_ptr_id
                        FROM made m JOIN pg_temp.batch_advisory a ON a.new_id = m.content_ptr_id
                        JOIN pg_temp.batch_document b ON b.unit_id = a.unit_id
                        CROSS JOIN LATERAL jsonb_array_elements(b.document -> 'references') WITH ORDINALITY f
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'rpm.advisory', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, repo_id, pulp_type, content_id)
        SELECT g.unit_id, g.repo_id, 'rpm.advisory', r.content_ptr_id
                FROM pg_temp.batch_advisory_digest g JOIN public.rpm_updaterecord r ON r.digest = g.digest;
