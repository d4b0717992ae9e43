-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What an administrator or Pulp's orphan clean-up has removed since is migrated again: a remote, a content.
UPDATE migrationd_pulp2to3.importer i SET remote_id = NULL
        WHERE remote_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.core_remote r WHERE r.pulp_id = i.remote_id);
UPDATE migrationd_pulp2to3.iso u SET content_id = NULL
        WHERE content_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.core_content c WHERE c.pulp_id = u.content_id);
DELETE FROM migrationd_pulp2to3.publication p WHERE NOT EXISTS (SELECT FROM public.core_publication c
        WHERE c.pulp_id = p.publication_id);
UPDATE migrationd_pulp2to3.lazy l SET migrated = false FROM migrationd_pulp2to3.importer i
        WHERE l.migrated AND i.object_id = l.importer_id AND i.remote_id IS NULL;
UPDATE migrationd_pulp2to3.unit_document u SET content_id = NULL, migrated = false
        WHERE content_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.core_content c WHERE c.pulp_id = u.content_id);
WITH gone AS (
        DELETE FROM migrationd_pulp2to3.unit_content u
                WHERE NOT EXISTS (SELECT FROM public.core_content c WHERE c.pulp_id = u.content_id) RETURNING type, unit_id
)
UPDATE migrationd_pulp2to3.unit_document u SET migrated = false FROM gone g WHERE u.type = g.type AND u.unit_id = g.unit_id;
-- Components are made of the contents of their releases and packages: of those that are not there, or not any more.
UPDATE migrationd_pulp2to3.unit_document u SET migrated = false
        WHERE u.type = 'deb_component' AND u.migrated AND
                (EXISTS (SELECT FROM migrationd_pulp2to3.unit_document r
                        WHERE r.type = 'deb_release' AND r.repo_id = u.repo_id AND r.content_id IS NULL) OR
                EXISTS (SELECT FROM jsonb_path_query(u.document, 'strict $.packages[*]', '{}', true) g (id)
                        JOIN migrationd_pulp2to3.unit_document d ON d.type = 'deb' AND d.unit_id = g.id #>> '{}'
                        WHERE d.content_id IS NULL));
