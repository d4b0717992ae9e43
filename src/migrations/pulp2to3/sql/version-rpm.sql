-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes contents out of a version of an rpm repository that Pulp 3 allows once and that are there in a newer one.
WITH keyed AS (
        SELECT w.content_id, w.unit_id, w.last_updated, k.key FROM pg_temp.wanted w JOIN (
                SELECT content_ptr_id, 'package ' || concat_ws(' ', name, epoch, version, release, arch, location_href)
                        FROM public.rpm_package
                UNION ALL SELECT content_ptr_id, 'advisory ' || id FROM public.rpm_updaterecord
                UNION ALL SELECT content_ptr_id, 'group ' || id FROM public.rpm_packagegroup
                UNION ALL SELECT content_ptr_id, 'category ' || id FROM public.rpm_packagecategory
                UNION ALL SELECT content_ptr_id, 'environment ' || id FROM public.rpm_packageenvironment
                UNION ALL SELECT content_ptr_id, 'module defaults ' || module FROM public.rpm_modulemddefaults
                UNION ALL SELECT content_ptr_id, 'metadata file ' || data_type FROM public.rpm_repometadatafile) k (id, key)
                ON k.id = w.content_id
), ranked AS (
        SELECT content_id, unit_id, key, row_number() OVER newest AS rank, first_value(unit_id) OVER newest AS stays
                FROM keyed WINDOW newest AS (PARTITION BY key ORDER BY last_updated DESC, unit_id COLLATE "C")
), gone AS (
        DELETE FROM pg_temp.wanted w WHERE EXISTS (SELECT FROM ranked r WHERE r.content_id = w.content_id AND r.rank > 1)
)
INSERT INTO pg_temp.dropped (unit_id, what, rule, other) SELECT unit_id, key, 'key', stays FROM ranked WHERE rank > 1;
