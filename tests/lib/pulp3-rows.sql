-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Every row of Pulp's tables as text that is equal for equal migrations: table pulp3_line (name, line). Columns with ids and times
-- are left out, and a column that names a row has the natural key of that row in its place. Read by psql after pulp3-tables.sql, see
-- pulp3-compare.sh: tables that are there as temporary ones, with the rows of a reference, hide Pulp's.

-- name(COLUMN) stands for the natural key of the row that the column names.
CREATE TEMPORARY TABLE pulp3_natural (pass integer, tab text, id text, key text);
INSERT INTO pulp3_natural VALUES
        (1, 'core_repository', 'pulp_id', 't.name'),
        (1, 'core_remote', 'pulp_id', 't.name'),
        (1, 'core_distribution', 'pulp_id', 't.name'),
        (1, 'core_contentguard', 'pulp_id', 't.name'),
        (1, 'container_containernamespace', 'pulp_id', 't.name'),
        (2, 'core_repositoryversion', 'pulp_id', $$name(t.repository_id) || ' version ' || t.number$$),
        -- A version has another one when the settings of its distributor have changed.
        (3, 'core_publication', 'pulp_id', $$concat_ws(' ', 'publication of', name(t.repository_version_id),
                nullif(row_number() OVER (PARTITION BY t.repository_version_id ORDER BY t.pulp_created), 1))$$),
        (4, 'core_publishedmetadata', 'content_ptr_id', $$t.relative_path || ' in ' || name(t.publication_id)$$),
        (4, 'file_filecontent', 'content_ptr_id', $$concat_ws(' ', t.relative_path, t.digest)$$),
        (4, 'rpm_package', 'content_ptr_id', $$format('%s-%s:%s-%s.%s %s %s', t.name, t.epoch, t.version, t.release, t.arch,
                t.checksum_type, t."pkgId")$$),
        (4, 'rpm_modulemd', 'content_ptr_id', $$concat_ws(':', t.name, t.stream, t.version, t.context, t.arch)$$),
        (4, 'rpm_modulemddefaults', 'content_ptr_id', $$concat_ws(' ', t.module, t.stream, t.digest)$$),
        -- The digest is of what upstream makes another one of; where an id is of one advisory only, it is enough.
        (4, 'rpm_updaterecord', 'content_ptr_id',
                $$concat_ws(' ', t.id, CASE WHEN count(*) OVER (PARTITION BY t.id) > 1 THEN t.digest END)$$),
        (4, 'rpm_packagegroup', 'content_ptr_id', $$concat_ws(' ', t.id, t.digest)$$),
        (4, 'rpm_packagecategory', 'content_ptr_id', $$concat_ws(' ', t.id, t.digest)$$),
        (4, 'rpm_packageenvironment', 'content_ptr_id', $$concat_ws(' ', t.id, t.digest)$$),
        (4, 'rpm_packagelangpacks', 'content_ptr_id', 't.digest'),
        (4, 'rpm_repometadatafile', 'content_ptr_id', $$concat_ws(' ', t.data_type, t.relative_path, t.checksum)$$),
        (4, 'rpm_distributiontree', 'content_ptr_id', 't.digest'),
        (4, 'deb_package', 'content_ptr_id', $$concat_ws(' ', t.relative_path, t.sha256)$$),
        (4, 'deb_release', 'content_ptr_id', $$concat_ws(' ', t.codename, t.suite, t.distribution)$$),
        (4, 'container_blob', 'content_ptr_id', 't.digest'),
        (4, 'container_manifest', 'content_ptr_id', 't.digest'),
        (5, 'rpm_updatecollection', 'pulp_id', $$concat_ws(' ', name(t.update_record_id), t.name)$$),
        (5, 'deb_releasearchitecture', 'content_ptr_id', $$t.architecture || ' of ' || name(t.release_id)$$),
        (5, 'deb_releasecomponent', 'content_ptr_id', $$t.component || ' of ' || name(t.release_id)$$),
        (5, 'container_tag', 'content_ptr_id', $$concat_ws(' ', t.name, name(t.tagged_manifest_id))$$),
        (6, 'deb_packagereleasecomponent', 'content_ptr_id',
                $$name(t.package_id) || ' in ' || name(t.release_component_id)$$),
        (7, 'core_contentartifact', 'pulp_id', $$t.relative_path || ' of ' || name(t.content_id)$$),
        (8, 'core_artifact', 'pulp_id', $$coalesce((SELECT 'dated, ' || t.size || ' bytes' FROM pulp3_dated d
                WHERE d.artifact = t.pulp_id LIMIT 1), t.sha256)$$);

CREATE TEMPORARY TABLE pulp3_key (id uuid PRIMARY KEY, tab text NOT NULL, key text NOT NULL);
-- Metadata files with the time of their publishing in them: repomd.xml of rpm, Release of deb. Of their artifacts the digests are
-- not compared, their sizes are; so there is a line for each publication that has one.
CREATE TEMPORARY TABLE pulp3_dated (artifact uuid, sha256 text, path text, key text);
CREATE TEMPORARY TABLE pulp3_line (name text, line text);

DO $$
DECLARE
        n record;
BEGIN
        FOR n IN SELECT * FROM pulp3_natural WHERE to_regclass(tab) IS NOT NULL ORDER BY pass, tab LOOP
                IF n.tab = 'core_artifact' THEN
                        INSERT INTO pulp3_dated SELECT a.pulp_id, a.sha256, a.file, k.key FROM core_contentartifact c
                                JOIN core_artifact a ON a.pulp_id = c.artifact_id
                                JOIN core_publishedmetadata m ON m.content_ptr_id = c.content_id
                                JOIN pulp3_key k ON k.id = c.pulp_id
                                WHERE c.relative_path ~ '(^|/)(repomd[.]xml|Release)$';
                        CREATE INDEX ON pulp3_dated (artifact);
                        ANALYZE pulp3_dated;
                END IF;
                EXECUTE format('INSERT INTO pulp3_key SELECT t.%I, %L, %s FROM %I t', n.id, n.tab,
                        regexp_replace(n.key, 'name\((t\.\w+)\)', '(SELECT k.key FROM pulp3_key k WHERE k.id = \1)', 'g'), n.tab);
                ANALYZE pulp3_key;
        END LOOP;
END $$;

-- Two rows of one key could be taken for each other.
CREATE UNIQUE INDEX ON pulp3_key (tab, md5(key)) WHERE tab <> 'core_artifact';

-- An id of its own tells nothing, but in a content it stands for what the row of its type says.
DO $$
DECLARE
        t record;
BEGIN
        FOR t IN SELECT tab, array_agg(c.column_name::text) FILTER (WHERE c.data_type LIKE 'timestamp%' OR
                                c.data_type = 'uuid' OR c.column_default LIKE 'nextval(%' OR c.is_identity = 'YES') AS gone,
                        string_agg(format('%1$L, CASE WHEN t.%1$I IS NOT NULL THEN coalesce((SELECT k.key FROM pulp3_key k
                                WHERE k.id = t.%1$I), ''NO NATURAL KEY'') END', c.column_name), ', ')
                                FILTER (WHERE c.data_type = 'uuid' AND (c.column_name <> 'pulp_id' OR tab = 'core_content')) AS named,
                        CASE tab WHEN 'core_artifact' THEN 'WHERE t.pulp_id NOT IN (SELECT artifact FROM pulp3_dated)' ELSE '' END AS only
                        FROM pulp3_tables JOIN information_schema.columns c ON c.table_schema = 'public' AND c.table_name = tab
                        GROUP BY tab LOOP
                EXECUTE format('INSERT INTO pulp3_line SELECT %L, ((to_jsonb(t) - %L::text[]) || jsonb_build_object(%s))::text FROM %I t %s',
                        t.tab, coalesce(t.gone, '{}'), coalesce(t.named, ''), t.tab, t.only);
        END LOOP;
END $$;

INSERT INTO pulp3_line SELECT 'core_artifact', jsonb_build_object('dated', d.key, 'size', a.size,
                'file', CASE WHEN a.file = concat('artifact/', left(a.sha256, 2), '/', substr(a.sha256, 3)) THEN 'by its SHA-256' ELSE a.file END,
                'digests', concat_ws(' ', length(md5), length(sha1), length(sha224), length(a.sha256), length(sha384), length(sha512)))
        FROM pulp3_dated d JOIN core_artifact a ON a.pulp_id = d.artifact;
