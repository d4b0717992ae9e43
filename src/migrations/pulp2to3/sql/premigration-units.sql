-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The same for units that are documents.
ANALYZE pg_temp.stage_unit;

-- What a unit's content is made of: its document, and where that says neither what a file has nor how it is called, when the unit
-- changed and where the file is. A repository's content stays the same where only the dump's order has changed.
CREATE TEMPORARY TABLE stage_unit_digest ON COMMIT DROP AS
        SELECT type, unit_id, md5(document::text || coalesce(md5(primary_z), '') || coalesce(md5(filelists_z), '') ||
                        coalesce(md5(other_z), '') || CASE
                        WHEN type = 'distribution' OR (type = 'modulemd' AND document ->> 'checksum' IS NULL)
                                THEN last_updated || coalesce(storage_path, '')
                        WHEN type = 'yum_repo_metadata_file' THEN coalesce(storage_path, '') ELSE '' END) AS digest,
                row_number() OVER (PARTITION BY type ORDER BY key COLLATE "C", unit_id COLLATE "C") AS number
                FROM pg_temp.stage_unit;
CREATE UNIQUE INDEX ON pg_temp.stage_unit_digest (type, unit_id);
ANALYZE pg_temp.stage_unit_digest;

-- Links to packages that the dump did not have, or has not any more, change their repositories too.
INSERT INTO pg_temp.changed_repository (repo_id)
        SELECT DISTINCT l.repo_id FROM (
                SELECT coalesce(s.type, u.type) AS type, coalesce(s.unit_id, u.unit_id) AS unit_id
                        FROM (SELECT type, unit_id, key FROM pg_temp.stage_unit WHERE type IN ('rpm', 'srpm')) s
                        FULL JOIN (SELECT type, unit_id, key FROM migrationd_pulp2to3.unit_document
                                WHERE type IN ('rpm', 'srpm') AND type IN (SELECT type FROM pg_temp.stage_type)) u
                        ON u.type = s.type AND u.unit_id = s.unit_id
                        WHERE u.key IS DISTINCT FROM s.key) p
                JOIN migrationd_pulp2to3.link l ON l.type = p.type AND l.unit_id = p.unit_id
                WHERE NOT EXISTS (SELECT FROM pg_temp.changed_repository c WHERE c.repo_id = l.repo_id);

DELETE FROM migrationd_pulp2to3.unit_document u WHERE type IN (SELECT type FROM pg_temp.stage_type) AND
        NOT EXISTS (SELECT FROM pg_temp.stage_unit s WHERE s.type = u.type AND s.unit_id = u.unit_id);

-- Snippets first, while the old digests are there.
INSERT INTO migrationd_pulp2to3.unit_document AS u (type, unit_id, number, last_updated, storage_path, downloaded, size, repo_id,
                key, document, digest)
        SELECT s.type, s.unit_id, d.number, s.last_updated, s.storage_path, s.downloaded, s.size, s.repo_id, s.key, s.document, ''
                FROM pg_temp.stage_unit s JOIN pg_temp.stage_unit_digest d ON d.type = s.type AND d.unit_id = s.unit_id
                WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.unit_document o WHERE o.type = s.type AND o.unit_id = s.unit_id);
INSERT INTO migrationd_pulp2to3.unit_snippet AS p (type, unit_id, primary_z, filelists_z, other_z)
        SELECT s.type, s.unit_id, s.primary_z, s.filelists_z, s.other_z
                FROM pg_temp.stage_unit s JOIN pg_temp.stage_unit_digest d ON d.type = s.type AND d.unit_id = s.unit_id
                JOIN migrationd_pulp2to3.unit_document u ON u.type = s.type AND u.unit_id = s.unit_id AND u.digest <> d.digest
                WHERE num_nonnulls(s.primary_z, s.filelists_z, s.other_z) > 0
        ON CONFLICT (type, unit_id) DO UPDATE SET primary_z = excluded.primary_z, filelists_z = excluded.filelists_z,
                other_z = excluded.other_z;
-- Content that is made of the same stays: the file may not be there any more in Pulp 2. One that was on demand gets its file.
UPDATE migrationd_pulp2to3.unit_document u SET number = d.number, last_updated = s.last_updated, storage_path = s.storage_path,
                downloaded = s.downloaded, size = s.size, repo_id = s.repo_id, key = s.key, document = s.document,
                digest = d.digest,
                migrated = u.migrated AND u.digest = d.digest AND (u.downloaded OR NOT s.downloaded),
                content_id = CASE WHEN u.digest = d.digest THEN u.content_id END
        FROM pg_temp.stage_unit s, pg_temp.stage_unit_digest d
        WHERE s.type = u.type AND s.unit_id = u.unit_id AND d.type = u.type AND d.unit_id = u.unit_id AND
                (u.number, u.last_updated, u.storage_path, u.downloaded, u.digest) IS DISTINCT FROM
                (d.number, s.last_updated, s.storage_path, s.downloaded, d.digest);

-- Errata whose package lists have changed are made anew.
CREATE TEMPORARY TABLE changed_pkglist ON COMMIT DROP AS
        SELECT DISTINCT coalesce(p.errata_id, s.errata_id) AS errata_id
                FROM migrationd_pulp2to3.pkglist p FULL JOIN pg_temp.stage_pkglist s ON s.object_id = p.object_id
                WHERE 'erratum' IN (SELECT type FROM pg_temp.stage_type) AND
                        (s.object_id IS NULL OR p.object_id IS NULL OR (p.errata_id, p.repo_id, p.document) IS DISTINCT FROM
                        (s.errata_id, s.repo_id, s.document));
DELETE FROM migrationd_pulp2to3.pkglist p USING pg_temp.changed_pkglist c WHERE p.errata_id = c.errata_id;
INSERT INTO migrationd_pulp2to3.pkglist (object_id, errata_id, repo_id, document)
        SELECT s.object_id, s.errata_id, s.repo_id, s.document FROM pg_temp.stage_pkglist s
                JOIN pg_temp.changed_pkglist c ON c.errata_id = s.errata_id;
UPDATE migrationd_pulp2to3.unit_document u SET migrated = false FROM pg_temp.changed_pkglist c
        WHERE u.type = 'erratum' AND u.migrated AND u.document ->> 'errata_id' = c.errata_id;

-- So are units that depend on what else is in their repositories.
UPDATE migrationd_pulp2to3.unit_document u SET migrated = false
        WHERE u.type IN ('erratum', 'modulemd', 'deb_component') AND u.migrated AND
                EXISTS (SELECT FROM migrationd_pulp2to3.link l JOIN pg_temp.changed_repository c ON c.repo_id = l.repo_id
                        WHERE l.type = u.type AND l.unit_id = u.unit_id);
DELETE FROM migrationd_pulp2to3.unit_content c WHERE c.repo_id <> '' AND type IN (SELECT type FROM pg_temp.stage_type) AND
        NOT EXISTS (SELECT FROM migrationd_pulp2to3.link l
                WHERE l.repo_id = c.repo_id AND l.type = c.type AND l.unit_id = c.unit_id);

ANALYZE migrationd_pulp2to3.unit_document;
ANALYZE migrationd_pulp2to3.pkglist;
