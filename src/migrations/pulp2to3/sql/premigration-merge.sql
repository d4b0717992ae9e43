-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Makes the migration's tables equal to what was staged. What does not change keeps its row, and a unit that does not change
-- keeps its content; one that does is migrated again.
ANALYZE pg_temp.stage_type;
ANALYZE pg_temp.stage_iso;
ANALYZE pg_temp.stage_link;
ANALYZE pg_temp.stage_lazy;

INSERT INTO migrationd_pulp2to3.unit_type (type, plugin) SELECT type, plugin FROM pg_temp.stage_type
        ON CONFLICT (type) DO UPDATE SET plugin = excluded.plugin WHERE unit_type.plugin <> excluded.plugin;

DELETE FROM migrationd_pulp2to3.repository r WHERE NOT EXISTS (SELECT FROM pg_temp.stage_repository s WHERE s.repo_id = r.repo_id);
INSERT INTO migrationd_pulp2to3.repository AS r (repo_id, object_id, description, last_unit_added, last_unit_removed)
        SELECT repo_id, object_id, description, last_unit_added, last_unit_removed FROM pg_temp.stage_repository
        ON CONFLICT (repo_id) DO UPDATE SET object_id = excluded.object_id, description = excluded.description,
                last_unit_added = excluded.last_unit_added, last_unit_removed = excluded.last_unit_removed
                WHERE (r.object_id, r.description, r.last_unit_added, r.last_unit_removed) IS DISTINCT FROM
                        (excluded.object_id, excluded.description, excluded.last_unit_added, excluded.last_unit_removed);

DELETE FROM migrationd_pulp2to3.importer i WHERE plugin IN (SELECT plugin FROM pg_temp.stage_type) AND
        NOT EXISTS (SELECT FROM pg_temp.stage_importer s WHERE s.object_id = i.object_id);
INSERT INTO migrationd_pulp2to3.importer AS i (object_id, plugin, repo_id, last_updated, url, ca_cert, client_cert, tls_validation,
                proxy_url, download_concurrency, policy, detail, secrets, retain_package_versions)
        SELECT object_id, plugin, repo_id, last_updated, url, ca_cert, client_cert, tls_validation, proxy_url, download_concurrency,
                policy, detail, secrets, retain_package_versions FROM pg_temp.stage_importer
        ON CONFLICT (object_id) DO UPDATE SET plugin = excluded.plugin, detail = excluded.detail, repo_id = excluded.repo_id,
                last_updated = excluded.last_updated, url = excluded.url,
                ca_cert = excluded.ca_cert, client_cert = excluded.client_cert, tls_validation = excluded.tls_validation,
                proxy_url = excluded.proxy_url, download_concurrency = excluded.download_concurrency, policy = excluded.policy,
                secrets = excluded.secrets, retain_package_versions = excluded.retain_package_versions
                -- Secrets are sealed anew with each reading.
                WHERE excluded.secrets IS NOT NULL OR
                        (i.plugin, i.detail, i.repo_id, i.last_updated, i.url, i.ca_cert, i.client_cert, i.tls_validation,
                        i.proxy_url, i.download_concurrency, i.policy, i.secrets, i.retain_package_versions) IS DISTINCT FROM
                        (excluded.plugin, excluded.detail, excluded.repo_id, excluded.last_updated, excluded.url, excluded.ca_cert,
                        excluded.client_cert, excluded.tls_validation, excluded.proxy_url, excluded.download_concurrency,
                        excluded.policy, excluded.secrets, excluded.retain_package_versions);

DELETE FROM migrationd_pulp2to3.distributor d WHERE plugin IN (SELECT plugin FROM pg_temp.stage_type) AND
        NOT EXISTS (SELECT FROM pg_temp.stage_distributor s WHERE s.object_id = d.object_id);
INSERT INTO migrationd_pulp2to3.distributor AS d (object_id, plugin, repo_id, distributor_id, last_updated, relative_url,
                config)
        SELECT object_id, plugin, repo_id, distributor_id, last_updated, relative_url, config FROM pg_temp.stage_distributor
        ON CONFLICT (object_id) DO UPDATE SET plugin = excluded.plugin, config = excluded.config, repo_id = excluded.repo_id,
                distributor_id = excluded.distributor_id,
                last_updated = excluded.last_updated, relative_url = excluded.relative_url
                WHERE (d.plugin, d.config, d.repo_id, d.distributor_id, d.last_updated, d.relative_url) IS DISTINCT FROM
                        (excluded.plugin, excluded.config, excluded.repo_id, excluded.distributor_id, excluded.last_updated,
                        excluded.relative_url);

-- Units of types that no plugin migrates, by repository.
DELETE FROM migrationd_pulp2to3.passed_over;
WITH foreign_links AS (
        DELETE FROM pg_temp.stage_link WHERE type NOT IN (SELECT type FROM pg_temp.stage_type) RETURNING repo_id, type, unit_id
)
INSERT INTO migrationd_pulp2to3.passed_over (repo_id, type, units)
        SELECT repo_id, type, count(DISTINCT unit_id) FROM foreign_links GROUP BY repo_id, type ORDER BY repo_id, type;

-- Repositories whose units are not what they were, for units that depend on what else is in their repository.
CREATE TEMPORARY TABLE stage_link_new ON COMMIT DROP AS SELECT DISTINCT repo_id, type, unit_id FROM pg_temp.stage_link;
ANALYZE pg_temp.stage_link_new;
CREATE TEMPORARY TABLE changed_repository ON COMMIT DROP AS
        SELECT DISTINCT coalesce(l.repo_id, n.repo_id) AS repo_id
                FROM (SELECT * FROM migrationd_pulp2to3.link WHERE type IN (SELECT type FROM pg_temp.stage_type)) l
                FULL JOIN pg_temp.stage_link_new n ON n.repo_id = l.repo_id AND n.type = l.type AND n.unit_id = l.unit_id
                WHERE l.unit_id IS NULL OR n.unit_id IS NULL;
DELETE FROM migrationd_pulp2to3.link l USING pg_temp.changed_repository c
        WHERE l.repo_id = c.repo_id AND l.type IN (SELECT type FROM pg_temp.stage_type);
INSERT INTO migrationd_pulp2to3.link (repo_id, type, unit_id)
        SELECT n.repo_id, n.type, n.unit_id FROM pg_temp.stage_link_new n JOIN pg_temp.changed_repository c ON c.repo_id = n.repo_id;

-- Of several revisions the newest counts. Paths and addresses of a distribution's files may come with a newline at their end.
CREATE TEMPORARY TABLE stage_lazy_newest ON COMMIT DROP AS
        SELECT DISTINCT ON (type, unit_id, importer_id, part) type, unit_id, importer_id, part, path, url, revision
                FROM (SELECT *, CASE WHEN type = 'distribution' THEN md5(path) ELSE '' END AS part FROM (
                        SELECT type, unit_id, importer_id, rtrim(path, E' \t\r\n') AS path, rtrim(url, E' \t\r\n') AS url, revision
                                FROM pg_temp.stage_lazy) t) l
                ORDER BY type, unit_id, importer_id, part, revision DESC, path;
CREATE UNIQUE INDEX ON pg_temp.stage_lazy_newest (type, unit_id, importer_id, part);
ANALYZE pg_temp.stage_lazy_newest;
DELETE FROM migrationd_pulp2to3.lazy l WHERE type IN (SELECT type FROM pg_temp.stage_type) AND
        NOT EXISTS (SELECT FROM pg_temp.stage_lazy_newest s
                WHERE s.type = l.type AND s.unit_id = l.unit_id AND s.importer_id = l.importer_id AND s.part = l.part);
INSERT INTO migrationd_pulp2to3.lazy AS l (type, unit_id, importer_id, part, path, url, revision)
        SELECT type, unit_id, importer_id, part, path, url, revision FROM pg_temp.stage_lazy_newest
        ON CONFLICT (type, unit_id, importer_id, part) DO UPDATE SET path = excluded.path, url = excluded.url,
                revision = excluded.revision, migrated = false
                WHERE (l.path, l.url, l.revision) IS DISTINCT FROM (excluded.path, excluded.url, excluded.revision);

DELETE FROM migrationd_pulp2to3.iso u WHERE 'iso' IN (SELECT type FROM pg_temp.stage_type) AND
        NOT EXISTS (SELECT FROM pg_temp.stage_iso s WHERE s.unit_id = u.unit_id);
INSERT INTO migrationd_pulp2to3.iso AS u (unit_id, number, last_updated, storage_path, downloaded, name, checksum, size)
        SELECT unit_id, row_number() OVER (ORDER BY name COLLATE "C", checksum COLLATE "C", unit_id COLLATE "C"), last_updated,
                storage_path, downloaded, name, checksum, size FROM pg_temp.stage_iso
        ON CONFLICT (unit_id) DO UPDATE SET number = excluded.number, last_updated = excluded.last_updated,
                storage_path = excluded.storage_path, downloaded = excluded.downloaded, name = excluded.name,
                checksum = excluded.checksum, size = excluded.size,
                -- The same content stays: the file may not be there any more in Pulp 2. One that was on demand gets its file.
                content_id = CASE WHEN (u.name, u.checksum, u.size) = (excluded.name, excluded.checksum, excluded.size) AND
                        (u.downloaded OR NOT excluded.downloaded) THEN u.content_id END
                WHERE (u.number, u.last_updated, u.storage_path, u.downloaded, u.name, u.checksum, u.size) IS DISTINCT FROM
                        (excluded.number, excluded.last_updated, excluded.storage_path, excluded.downloaded, excluded.name,
                        excluded.checksum, excluded.size);

ANALYZE migrationd_pulp2to3.repository;
ANALYZE migrationd_pulp2to3.importer;
ANALYZE migrationd_pulp2to3.distributor;
ANALYZE migrationd_pulp2to3.link;
ANALYZE migrationd_pulp2to3.lazy;
ANALYZE migrationd_pulp2to3.iso;
