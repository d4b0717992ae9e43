-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Modules are linked with those of their packages that are content. One is due again when a link is missing: a package was migrated
-- since, or Pulp 3 has lost it or its link; and when a package is not content that this run may migrate. Artifacts are
-- "name-epoch:version-release.arch", with an epoch or not; the same packages are found when the module is written.
UPDATE migrationd_pulp2to3.unit_document u SET migrated = false FROM (
        SELECT DISTINCT m.unit_id
                FROM migrationd_pulp2to3.unit_document m
                CROSS JOIN LATERAL jsonb_path_query(m.document, 'lax $.artifacts[*] ? (@.type() == "string")', '{}', true) a (artifact)
                CROSS JOIN LATERAL regexp_match(a.artifact #>> '{}', '^(.*)-(?:([^:-]*):)?([^-]*)-([^-]*)\.([^.]*)$') n (part)
                JOIN migrationd_pulp2to3.unit_document d ON d.type = 'rpm' AND d.document ->> 'name' = n.part[1] AND
                        d.document ->> 'version' = n.part[3] AND d.document ->> 'release' = n.part[4] AND
                        d.document ->> 'arch' = n.part[5] AND
                        coalesce(d.document ->> 'epoch', '0') = coalesce(n.part[2], '0') AND d.document -> 'is_modular' = 'true'
                LEFT JOIN public.rpm_package p ON p.content_ptr_id = d.content_id
                WHERE m.type = 'modulemd' AND m.migrated AND CASE WHEN d.content_id IS NULL THEN
                        d.downloaded OR EXISTS (SELECT FROM migrationd_pulp2to3.lazy l JOIN migrationd_pulp2to3.importer i
                                ON i.object_id = l.importer_id AND i.url IS NOT NULL
                                WHERE l.type = d.type AND l.unit_id = d.unit_id)
                ELSE p.is_modular AND (p.name, p.epoch, p.version, p.release, p.arch) =
                                (n.part[1], coalesce(n.part[2], '0'), n.part[3], n.part[4], n.part[5]) AND
                        NOT EXISTS (SELECT FROM public.rpm_modulemd_packages k
                                WHERE k.modulemd_id = m.content_id AND k.package_id = p.content_ptr_id) END) x
        WHERE u.type = 'modulemd' AND u.unit_id = x.unit_id;
