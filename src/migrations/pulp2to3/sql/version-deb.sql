-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes packages out of a version of a deb repository that are there in a newer one: Pulp 3 allows a package, version and
-- architecture once; and what names packages that are not in the version.
WITH ranked AS (
        SELECT w.content_id, w.unit_id, concat_ws(' ', p.package, p.version, p.architecture) AS key,
                row_number() OVER newest AS rank, first_value(w.unit_id) OVER newest AS stays
                FROM pg_temp.wanted w JOIN public.deb_package p ON p.content_ptr_id = w.content_id
                WINDOW newest AS (PARTITION BY p.package, p.version, p.architecture
                        ORDER BY w.last_updated DESC, w.unit_id COLLATE "C")
), gone AS (
        DELETE FROM pg_temp.wanted w WHERE EXISTS (SELECT FROM ranked r WHERE r.content_id = w.content_id AND r.rank > 1) OR
                EXISTS (SELECT FROM public.deb_packagereleasecomponent c WHERE c.content_ptr_id = w.content_id AND NOT EXISTS (
                        SELECT FROM ranked r WHERE r.content_id = c.package_id AND r.rank = 1))
)
INSERT INTO pg_temp.dropped (unit_id, what, rule, other) SELECT unit_id, key, 'key', stays FROM ranked WHERE rank > 1;
