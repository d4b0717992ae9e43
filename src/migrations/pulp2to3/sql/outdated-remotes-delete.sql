-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Removes remotes from the tables that all plugins have; their own rows are gone. A remote that comes again gets its files again.
UPDATE migrationd_pulp2to3.lazy l SET migrated = false
        FROM pg_temp.gone g JOIN public.core_remote r ON r.pulp_id = g.id
        JOIN migrationd_pulp2to3.importer i ON i.object_id || '-' || i.repo_id = r.name
        WHERE l.importer_id = i.object_id AND l.migrated;
UPDATE migrationd_pulp2to3.importer i SET remote_id = NULL FROM pg_temp.gone g WHERE g.id = i.remote_id;
DELETE FROM migrationd_pulp2to3.made m USING pg_temp.gone g WHERE m.kind = 'remote' AND m.id = g.id;
DELETE FROM public.core_remoteartifact a USING pg_temp.gone g WHERE a.remote_id = g.id;
DELETE FROM public.core_remote r USING pg_temp.gone g WHERE r.pulp_id = g.id;
