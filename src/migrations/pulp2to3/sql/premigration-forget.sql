-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What an administrator or Pulp's orphan clean-up has removed since is migrated again: a remote, a content.
UPDATE migrationd_pulp2to3.importer i SET remote_id = NULL
        WHERE remote_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.core_remote r WHERE r.pulp_id = i.remote_id);
UPDATE migrationd_pulp2to3.iso u SET content_id = NULL
        WHERE content_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.core_content c WHERE c.pulp_id = u.content_id);
UPDATE migrationd_pulp2to3.lazy l SET migrated = false FROM migrationd_pulp2to3.importer i
        WHERE l.migrated AND i.object_id = l.importer_id AND i.remote_id IS NULL;
