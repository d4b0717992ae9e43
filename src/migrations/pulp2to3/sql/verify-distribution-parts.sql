-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Checksums, images, variants, addons and files that a batch's trees lack, or have besides what their .treeinfo says. Addons, and variants
-- of other repositories than the tree's own, are not migrated; metadata of repositories is no file of a tree.
WITH tree AS (
        SELECT m.item, m.unit_id, m.content_id, s.document AS s FROM pg_temp.verify_made m
                JOIN pg_temp.verify_staged s ON s.unit_id = m.unit_id WHERE m.type = 'distribution'
), checksum AS (
        SELECT t.item, t.content_id, c.path, c.value FROM tree t CROSS JOIN LATERAL jsonb_each_text(s -> 'checksums') c (path, value)
), image AS (
        -- An image of several platforms is one row.
        SELECT t.item, t.content_id, i.name, i.path,
                string_agg(substr(x.section, length('images-') + 1), ', ' ORDER BY x.section COLLATE "C") AS platforms
                FROM tree t CROSS JOIN LATERAL jsonb_each(s) x (section, keys)
                CROSS JOIN LATERAL jsonb_each_text(x.keys) i (name, path)
                WHERE x.section LIKE 'images-%' GROUP BY t.item, t.unit_id, t.content_id, i.name, i.path
), variant AS (
        SELECT t.item, t.content_id, k.* FROM tree t CROSS JOIN LATERAL jsonb_each(s) x (section, keys)
                CROSS JOIN LATERAL jsonb_to_record(x.keys) k (id text, uid text, name text, type text, packages text, source_packages text,
                        source_repository text, debug_packages text, debug_repository text, identity text)
                WHERE s ? 'header' AND x.section LIKE 'variant-%' AND x.keys ->> 'repository' = '.'
        UNION ALL
        SELECT t.item, t.content_id, v.name, v.name, v.name, 'variant', coalesce(s #>> '{general,packagedir}', ''), NULL, NULL, NULL, NULL, NULL
                FROM tree t CROSS JOIN LATERAL (SELECT s #>> '{general,variant}') v (name) WHERE NOT s ? 'header' AND v.name <> ''
), file AS (
        SELECT item, content_id, path FROM image
        UNION SELECT item, content_id, path FROM checksum WHERE path NOT LIKE '%repomd.xml'
        UNION SELECT t.item, t.content_id, p.path FROM tree t
                CROSS JOIN LATERAL (VALUES (s #>> '{stage2,mainimage}'), (s #>> '{stage2,instimage}')) p (path) WHERE p.path <> ''
), expected AS (
        SELECT item, content_id, format('the checksum %s of %s', value, path) AS fact FROM checksum
        UNION SELECT item, content_id, format('the image %s of %s at %s', name, platforms, path) FROM image
        UNION SELECT item, content_id, format('the variant %s (uid %s, name %s, type %s, packages %L, sources %L in %L, debug %L in %L, '
                'identity %L)', id, uid, name, type, packages, source_packages, source_repository, debug_packages, debug_repository, identity)
                FROM variant
        UNION SELECT item, content_id, 'the file ' || path FROM file WHERE path NOT IN ('.treeinfo', 'treeinfo')
), actual AS (
        SELECT t.item, t.content_id, format('the checksum %s of %s', r.checksum, r.path) AS fact
                FROM tree t JOIN public.rpm_checksum r ON r.distribution_tree_id = t.content_id
        UNION SELECT t.item, t.content_id, format('the image %s of %s at %s', r.name, r.platforms, r.path)
                FROM tree t JOIN public.rpm_image r ON r.distribution_tree_id = t.content_id
        UNION SELECT t.item, t.content_id, format('the variant %s (uid %s, name %s, type %s, packages %L, sources %L in %L, debug %L in %L, '
                'identity %L)', r.variant_id, r.uid, r.name, r.type, r.packages, r.source_packages, r.source_repository, r.debug_packages,
                r.debug_repository, r.identity)
                FROM tree t JOIN public.rpm_variant r ON r.distribution_tree_id = t.content_id
        UNION SELECT t.item, t.content_id, format('the addon %s (name %s, type %s)', r.addon_id, r.name, r.type)
                FROM tree t JOIN public.rpm_addon r ON r.distribution_tree_id = t.content_id
        UNION SELECT t.item, t.content_id, 'the file ' || r.relative_path
                FROM tree t JOIN public.core_contentartifact r ON r.content_id = t.content_id
                WHERE r.relative_path NOT IN ('.treeinfo', 'treeinfo')
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, 'it lacks ' || fact || ', which Pulp 2 has' FROM (TABLE expected EXCEPT TABLE actual) l
        UNION ALL
        SELECT item, 'it has ' || fact || ', which Pulp 2 has not' FROM (TABLE actual EXCEPT TABLE expected) h;
