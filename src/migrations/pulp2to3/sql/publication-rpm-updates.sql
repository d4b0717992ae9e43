-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The advisories of a version, in the order of updateinfo.xml. $1: version. Columns: as in repodata-package.h.
SELECT u.id, u.updated_date, u.issued_date, u.description, u.fromstr, u.status, u.title, u.summary, u.version, u.type, u.severity,
        u.solution, u.release, u.rights, u.pushcount, u.reboot_suggested,
        (SELECT json_agg(json_build_object('name', c.name, 'shortname', c.shortname, 'module', c.module, 'packages', (
                        SELECT json_agg(to_jsonb(p) ORDER BY p.pulp_created, p.name COLLATE "C", p.filename COLLATE "C", p.arch COLLATE "C")
                                FROM public.rpm_updatecollectionpackage p WHERE p.update_collection_id = c.pulp_id))
                        ORDER BY c.pulp_created, c.name COLLATE "C")
                FROM public.rpm_updatecollection c WHERE c.update_record_id = u.content_ptr_id),
        (SELECT json_agg(to_jsonb(r) ORDER BY r.pulp_created, r.href COLLATE "C", r.ref_id COLLATE "C")
                FROM public.rpm_updatereference r WHERE r.update_record_id = u.content_ptr_id)
        FROM public.core_repositoryversion v
        JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
        JOIN public.rpm_updaterecord u ON u.content_ptr_id = rc.content_id
        WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
        ORDER BY u.digest COLLATE "C";
