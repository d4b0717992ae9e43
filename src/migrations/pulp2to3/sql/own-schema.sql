-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The migration's own tables, in Pulp's database so that they change in the transactions that change Pulp's. Version 1.

CREATE SCHEMA migrationd_pulp2to3;

CREATE TABLE migrationd_pulp2to3.schema_version (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
INSERT INTO migrationd_pulp2to3.schema_version (version) VALUES (1);

-- The dump that the tables below hold, as one row; written by the premigration of a report. source: what the tables follow from;
-- clean: it was read without a problem, so that there is nothing to tell a report that does not read it.
CREATE TABLE migrationd_pulp2to3.dump (
        one             boolean PRIMARY KEY DEFAULT true CHECK (one),
        report          integer NOT NULL,
        archive         text NOT NULL,
        source          text NOT NULL,
        clean           boolean NOT NULL,
        read_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE migrationd_pulp2to3.repository (
        repo_id                 text PRIMARY KEY,
        object_id               text NOT NULL,
        description             text,
        last_unit_added         timestamptz,
        last_unit_removed       timestamptz
);

-- Plugins by their name in plans, and the pulp_type of what they make in Pulp 3.
CREATE TABLE migrationd_pulp2to3.plugin (
        plugin                  text PRIMARY KEY,
        importer                text NOT NULL,
        distributor             text NOT NULL,
        repository_type         text NOT NULL,
        remote_type             text NOT NULL,
        publication_type        text,   -- NULL: it publishes versions as they are
        distribution_type       text NOT NULL
);
INSERT INTO migrationd_pulp2to3.plugin VALUES
        ('iso', 'iso_importer', 'iso_distributor', 'file.file', 'file.file', 'file.file', 'file.file'),
        ('rpm', 'yum_importer', 'yum_distributor', 'rpm.rpm', 'rpm.rpm', 'rpm.rpm', 'rpm.rpm'),
        ('deb', 'deb_importer', 'deb_distributor', 'deb.deb', 'deb.apt-remote', 'deb.apt-publication', 'deb.apt-distribution'),
        ('docker', 'docker_importer', 'docker_distributor_web', 'container.container', 'container.container', NULL,
                'container.container');

-- Content types of Pulp 2 by plugin; filled by the premigration, which knows them.
CREATE TABLE migrationd_pulp2to3.unit_type (
        type                    text PRIMARY KEY,
        plugin                  text NOT NULL REFERENCES migrationd_pulp2to3.plugin
);

-- url NULL: the importer has no feed. detail: what only remotes of the plugin have, as its table's columns. secrets NULL: none;
-- else a Fernet token of a JSON object.
CREATE TABLE migrationd_pulp2to3.importer (
        object_id               text PRIMARY KEY,
        plugin                  text NOT NULL,
        repo_id                 text NOT NULL,
        last_updated            timestamptz,
        url                     text,
        ca_cert                 text,
        client_cert             text,
        tls_validation          boolean NOT NULL,
        proxy_url               text,
        download_concurrency    integer NOT NULL,
        policy                  text NOT NULL,
        detail                  jsonb NOT NULL,
        secrets                 text,
        retain_package_versions integer,        -- of the repository; NULL: the importer does not say
        remote_id               uuid    -- the Pulp 3 remote; NULL: not migrated
);
CREATE INDEX ON migrationd_pulp2to3.importer (repo_id);

-- config: those keys of the distributor's that publications and distributions go by; no secrets.
CREATE TABLE migrationd_pulp2to3.distributor (
        object_id       text PRIMARY KEY,
        plugin          text NOT NULL,
        repo_id         text NOT NULL,
        distributor_id  text,
        last_updated    timestamptz,
        relative_url    text,
        config          jsonb NOT NULL
);
CREATE INDEX ON migrationd_pulp2to3.distributor (repo_id);

-- What of a distributor's config its publication depends on.
CREATE VIEW migrationd_pulp2to3.distributor_options AS
        SELECT object_id, CASE plugin
                WHEN 'rpm' THEN jsonb_strip_nulls(jsonb_build_object('checksum_type', config -> 'checksum_type',
                        'generate_sqlite', config -> 'generate_sqlite'))
                ELSE '{}' END AS options
                FROM migrationd_pulp2to3.distributor;

CREATE TABLE migrationd_pulp2to3.link (
        repo_id         text NOT NULL,
        type            text NOT NULL,
        unit_id         text NOT NULL,
        PRIMARY KEY (repo_id, type, unit_id)
);

-- How many units a repository has of a type that no plugin migrates.
CREATE TABLE migrationd_pulp2to3.passed_over (
        repo_id         text NOT NULL,
        type            text NOT NULL,
        units           bigint NOT NULL,
        PRIMARY KEY (repo_id, type)
);

-- The lazy catalog. part: of a unit of several files (type distribution) the MD5 of the path, which names the file; else empty.
-- migrated: there is a remote artifact of it.
CREATE TABLE migrationd_pulp2to3.lazy (
        type            text NOT NULL,
        unit_id         text NOT NULL,
        importer_id     text NOT NULL,
        part            text NOT NULL,
        path            text NOT NULL,
        url             text NOT NULL,
        revision        bigint NOT NULL,
        migrated        boolean NOT NULL DEFAULT false,
        PRIMARY KEY (type, unit_id, importer_id, part)
);
CREATE INDEX ON migrationd_pulp2to3.lazy (type, unit_id) WHERE NOT migrated;

-- Units of type iso. number: their order by natural key, new with each dump; tasks are ranges of it. content_id: the Pulp 3
-- content; NULL: not migrated.
CREATE TABLE migrationd_pulp2to3.iso (
        unit_id         text PRIMARY KEY,
        number          bigint NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,
        last_updated    bigint NOT NULL,
        storage_path    text NOT NULL,
        downloaded      boolean NOT NULL,
        name            text NOT NULL,
        checksum        text NOT NULL,
        size            bigint NOT NULL,
        content_id      uuid
);

-- Units of all other types, as documents. number: their order by natural key within the type, new with each dump. key: the
-- natural key as one text. size: of the file, 0 where the document has none. repo_id: of types that belong to one repository.
-- digest: of what a content is made of; another one: the unit has changed. migrated: nothing is to be done. content_id: the Pulp 3
-- content, for types that give one content for a unit; the others' are in unit_content.
CREATE TABLE migrationd_pulp2to3.unit_document (
        type            text NOT NULL,
        unit_id         text NOT NULL,
        number          bigint NOT NULL,
        last_updated    bigint NOT NULL,
        storage_path    text,
        downloaded      boolean NOT NULL,
        size            bigint NOT NULL,
        repo_id         text,
        key             text NOT NULL,
        document        jsonb NOT NULL,
        digest          text NOT NULL,
        migrated        boolean NOT NULL DEFAULT false,
        content_id      uuid,
        PRIMARY KEY (type, unit_id),
        UNIQUE (type, number) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON migrationd_pulp2to3.unit_document (type, number) WHERE NOT migrated;
-- Advisories keep those of their packages that a repository has.
CREATE INDEX ON migrationd_pulp2to3.unit_document ((document ->> 'name'), (document ->> 'version')) WHERE type IN ('rpm', 'srpm');

-- The repodata snippets of packages, compressed as they are in the dump.
CREATE TABLE migrationd_pulp2to3.unit_snippet (
        type            text NOT NULL,
        unit_id         text NOT NULL,
        primary_z       bytea,
        filelists_z     bytea,
        other_z         bytea,
        PRIMARY KEY (type, unit_id),
        FOREIGN KEY (type, unit_id) REFERENCES migrationd_pulp2to3.unit_document ON DELETE CASCADE
);
ALTER TABLE migrationd_pulp2to3.unit_snippet ALTER primary_z SET STORAGE EXTERNAL, ALTER filelists_z SET STORAGE EXTERNAL,
        ALTER other_z SET STORAGE EXTERNAL;

-- Contents of units that give several: one for each repository (repo_id, else empty), or for each part (subkey, else empty).
CREATE TABLE migrationd_pulp2to3.unit_content (
        type            text NOT NULL,
        unit_id         text NOT NULL,
        repo_id         text NOT NULL,
        subkey          text NOT NULL,
        pulp_type       text NOT NULL,
        content_id      uuid NOT NULL,
        PRIMARY KEY (type, unit_id, repo_id, subkey),
        FOREIGN KEY (type, unit_id) REFERENCES migrationd_pulp2to3.unit_document ON DELETE CASCADE
);
CREATE INDEX ON migrationd_pulp2to3.unit_content (content_id);

-- Package lists of errata: collection erratum_pkglists.
CREATE TABLE migrationd_pulp2to3.pkglist (
        object_id       text PRIMARY KEY,
        errata_id       text NOT NULL,
        repo_id         text,
        document        jsonb NOT NULL
);
CREATE INDEX ON migrationd_pulp2to3.pkglist (errata_id);

-- All units of all types, as far as versions of repositories need them.
CREATE VIEW migrationd_pulp2to3.unit AS
        SELECT 'iso' AS type, unit_id, last_updated, content_id FROM migrationd_pulp2to3.iso
        UNION ALL SELECT type, unit_id, last_updated, content_id FROM migrationd_pulp2to3.unit_document;

-- Which content a Pulp 2 repository has. Two units may have become one content.
CREATE VIEW migrationd_pulp2to3.repository_content AS
        SELECT l.repo_id, l.type, l.unit_id, u.last_updated, u.content_id
                FROM migrationd_pulp2to3.link l
                JOIN migrationd_pulp2to3.unit u ON u.type = l.type AND u.unit_id = l.unit_id AND u.content_id IS NOT NULL
        UNION ALL
        SELECT l.repo_id, l.type, l.unit_id, u.last_updated, c.content_id
                FROM migrationd_pulp2to3.link l
                JOIN migrationd_pulp2to3.unit_content c ON c.type = l.type AND c.unit_id = l.unit_id AND c.repo_id IN ('', l.repo_id)
                JOIN migrationd_pulp2to3.unit_document u ON u.type = c.type AND u.unit_id = c.unit_id;

-- A report's plan, resolved; written by its step repositories.
CREATE TABLE migrationd_pulp2to3.plan_repository (
        report          integer NOT NULL,
        number          bigint NOT NULL,
        plugin          text NOT NULL,
        name            text NOT NULL,
        importer        text,
        PRIMARY KEY (report, number)
);
CREATE TABLE migrationd_pulp2to3.plan_version (
        report          integer NOT NULL,
        repository      bigint NOT NULL,
        number          integer NOT NULL,
        repo_id         text NOT NULL,
        PRIMARY KEY (report, repository, number)
);
CREATE TABLE migrationd_pulp2to3.plan_distributor (
        report          integer NOT NULL,
        repository      bigint NOT NULL,
        version         integer NOT NULL,
        repo_id         text NOT NULL,
        PRIMARY KEY (report, repository, version, repo_id)
);

-- Which Pulp 3 version a plan's version of a repository became, so that the same plan finds it again.
CREATE TABLE migrationd_pulp2to3.version (
        repository_id   uuid NOT NULL,
        number          integer NOT NULL,
        version_id      uuid NOT NULL,
        PRIMARY KEY (repository_id, number)
);

-- With which options the migration made a publication: with others it is made anew. outdated in them: a content that it has was replaced
-- since.
CREATE TABLE migrationd_pulp2to3.publication (
        publication_id  uuid PRIMARY KEY,
        options         jsonb NOT NULL
);

-- Versions of plans that distributors publish and that have no publication yet, or only one that was made with other options; with
-- the config of the first distributor, and its options.
CREATE VIEW migrationd_pulp2to3.publication_due AS
        SELECT p.report, p.number, p.version_id, p.name, p.plugin, p.repo_id, p.config, p.options FROM (
                SELECT DISTINCT ON (p.report, p.number, n.version_id) p.report, p.number, n.version_id, p.name, p.plugin, v.repo_id,
                                d.config, o.options, g.publication_type
                        FROM migrationd_pulp2to3.plan_repository p
                        JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                        JOIN public.core_repository r ON r.name = p.name
                        JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
                        JOIN migrationd_pulp2to3.version n ON n.repository_id = r.pulp_id AND n.number = v.number
                        JOIN migrationd_pulp2to3.plan_distributor b ON b.report = p.report AND b.repository = p.number AND
                                b.version = v.number
                        JOIN migrationd_pulp2to3.distributor d ON d.repo_id = b.repo_id AND d.plugin = p.plugin
                        JOIN migrationd_pulp2to3.distributor_options o ON o.object_id = d.object_id
                        WHERE g.publication_type IS NOT NULL
                        ORDER BY p.report, p.number, n.version_id, d.object_id) p
                WHERE NOT EXISTS (SELECT FROM public.core_publication c
                        LEFT JOIN migrationd_pulp2to3.publication m ON m.publication_id = c.pulp_id
                        WHERE c.repository_version_id = p.version_id AND c.complete AND c.pulp_type = p.publication_type AND
                                (m.publication_id IS NULL OR m.options = p.options));

-- What the migration wrote, for pulp2to3_reset. kind: repository, version, remote, distribution, namespace, content, contentartifact,
-- artifact: a row of the table of that name in Pulp (contentartifact: only of contents that were there). former: the row as it was
-- before the migration changed it; NULL: the migration made it. Kinds remotedetail and repositorydetail: the row of the plugin's
-- table, of a remote or repository that was there before. Kind modulelinks: a module that was there before; former has the packages
-- that it was linked with. Kind file: an artifact's row is gone, its file is not yet; former has its sha256.
CREATE TABLE migrationd_pulp2to3.made (
        kind            text NOT NULL,
        id              uuid NOT NULL,
        former          jsonb,
        PRIMARY KEY (kind, id)
);

-- How far a task is, written in the transaction of each batch: the truth, of which the service's counters are a copy.
CREATE TABLE migrationd_pulp2to3.batch (
        report          integer NOT NULL,
        task            integer NOT NULL,
        position        bigint NOT NULL,
        done            bigint NOT NULL,
        total           bigint NOT NULL,
        linked          bigint NOT NULL DEFAULT 0,      -- artifact files that are hard links
        copied          bigint NOT NULL DEFAULT 0,      -- artifact files that had to be copied
        written_at      timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (report, task)
);

-- Items that a task skipped, written in the transaction that skips them; the service gets copies.
CREATE TABLE migrationd_pulp2to3.problem (
        id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        report          integer NOT NULL,
        task            integer NOT NULL,
        item            text NOT NULL,
        reason          text NOT NULL,
        UNIQUE (report, task, item)
);

-- Units of type iso that are to be migrated: not yet there, or with a lazy entry whose remote there is by now.
CREATE VIEW migrationd_pulp2to3.iso_due AS
        SELECT u.* FROM migrationd_pulp2to3.iso u WHERE u.content_id IS NULL OR EXISTS (
                SELECT FROM migrationd_pulp2to3.lazy l JOIN migrationd_pulp2to3.importer i ON i.object_id = l.importer_id
                        WHERE l.type = 'iso' AND l.unit_id = u.unit_id AND NOT l.migrated AND i.remote_id IS NOT NULL);

-- The same for units of the other types.
CREATE VIEW migrationd_pulp2to3.unit_due AS
        SELECT u.* FROM migrationd_pulp2to3.unit_document u WHERE NOT u.migrated OR EXISTS (
                SELECT FROM migrationd_pulp2to3.lazy l JOIN migrationd_pulp2to3.importer i ON i.object_id = l.importer_id
                        WHERE l.type = u.type AND l.unit_id = u.unit_id AND NOT l.migrated AND i.remote_id IS NOT NULL);

-- All units with what the verification needs, and all contents that they became.
CREATE VIEW migrationd_pulp2to3.unit_list AS
        SELECT 'iso' AS type, unit_id, number, name AS key, downloaded, size, content_id IS NOT NULL AS migrated FROM migrationd_pulp2to3.iso
        UNION ALL SELECT type, unit_id, number, replace(key, U&'\001F', ' '), downloaded, size, migrated
                FROM migrationd_pulp2to3.unit_document;
CREATE VIEW migrationd_pulp2to3.unit_made AS
        SELECT 'iso' AS type, unit_id, '' AS repo_id, content_id FROM migrationd_pulp2to3.iso WHERE content_id IS NOT NULL
        UNION ALL SELECT type, unit_id, '', content_id FROM migrationd_pulp2to3.unit_document WHERE content_id IS NOT NULL
        UNION ALL SELECT type, unit_id, repo_id, content_id FROM migrationd_pulp2to3.unit_content;
