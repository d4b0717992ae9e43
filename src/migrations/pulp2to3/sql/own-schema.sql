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

-- What of a distributor's config its publication depends on. What says nothing is left out, so that equal publications are one.
CREATE VIEW migrationd_pulp2to3.distributor_options AS
        SELECT object_id, CASE plugin
                WHEN 'rpm' THEN jsonb_strip_nulls(jsonb_build_object('checksum_type', nullif(config ->> 'checksum_type', ''),
                        'generate_sqlite', CASE config -> 'generate_sqlite' WHEN 'true' THEN true END))
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

-- Documents of importers and distributors that could not be read, and that the option skip_corrupted has left out.
CREATE TABLE migrationd_pulp2to3.dump_left_out (
        collection      text NOT NULL,
        object_id       text NOT NULL,
        plugin          text NOT NULL,
        repo_id         text,           -- NULL: not even that
        PRIMARY KEY (collection, object_id)
);

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

-- Distributors of a report's plan that get no distribution, as an older one has their base path, or one that overlaps with it.
CREATE TABLE migrationd_pulp2to3.plan_left_out (
        report          integer NOT NULL,
        object_id       text NOT NULL,
        other           text NOT NULL,  -- the older one
        PRIMARY KEY (report, object_id)
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

-- The distributors of plans, with the base paths of their distributions.
CREATE VIEW migrationd_pulp2to3.plan_distribution AS
        SELECT p.report, p.number, p.plugin, p.name AS repository, b.version, d.object_id, d.repo_id,
                d.object_id || '-' || d.repo_id AS name, CASE p.plugin WHEN 'rpm' THEN rtrim(u.url, '/')
                        WHEN 'deb' THEN trim(u.url, '/') ELSE u.url END AS base_path, d.config
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plan_distributor b ON b.report = p.report AND b.repository = p.number
                JOIN migrationd_pulp2to3.distributor d ON d.repo_id = b.repo_id AND d.plugin = p.plugin
                CROSS JOIN LATERAL (SELECT coalesce(nullif(CASE p.plugin WHEN 'docker' THEN d.config ->> 'repo-registry-id'
                        ELSE d.relative_url END, ''), d.repo_id) AS url) u;

-- The distributions of plans. version_id, publication_id: what it serves; NULL: it is not there (yet). One publication of a version
-- for all distributors with the same options; one that somebody else made is taken as it is where there is none.
CREATE VIEW migrationd_pulp2to3.distribution_wanted AS
        SELECT p.*, o.options, g.distribution_type, g.publication_type, n.version_id,
                (SELECT c.pulp_id FROM public.core_publication c
                        LEFT JOIN migrationd_pulp2to3.publication m ON m.publication_id = c.pulp_id
                        WHERE c.repository_version_id = n.version_id AND c.complete AND c.pulp_type = g.publication_type AND
                                (m.publication_id IS NULL OR m.options = o.options)
                        ORDER BY m.publication_id IS NULL, c.pulp_created DESC, c.pulp_id LIMIT 1) AS publication_id
                FROM migrationd_pulp2to3.plan_distribution p
                JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN migrationd_pulp2to3.distributor_options o ON o.object_id = p.object_id
                LEFT JOIN public.core_repository r ON r.name = p.repository
                LEFT JOIN migrationd_pulp2to3.version n ON n.repository_id = r.pulp_id AND n.number = p.version
                WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.plan_left_out l
                        WHERE l.report = p.report AND l.object_id = p.object_id);

-- Versions of plans and options with which they are to be published, and are not yet; with the config of the first distributor.
CREATE VIEW migrationd_pulp2to3.publication_due AS
        SELECT DISTINCT ON (w.report, w.number, w.version_id, w.options) w.report, w.number, w.version_id, w.options,
                w.repository AS name, w.plugin, v.repo_id, w.config
                FROM migrationd_pulp2to3.distribution_wanted w
                JOIN migrationd_pulp2to3.plan_version v ON v.report = w.report AND v.repository = w.number AND v.number = w.version
                WHERE w.publication_type IS NOT NULL AND w.version_id IS NOT NULL AND w.publication_id IS NULL
                ORDER BY w.report, w.number, w.version_id, w.options, w.object_id;

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

-- Distributions that the migration made (ours), or has changed. One whose distributor's document could not be read is in none of the
-- plan, and is not in question.
CREATE VIEW migrationd_pulp2to3.distribution_known AS
        SELECT m.id, d.name, d.base_path, g.plugin, m.former IS NULL AS ours
                FROM migrationd_pulp2to3.made m
                JOIN public.core_distribution d ON d.pulp_id = m.id
                JOIN migrationd_pulp2to3.plugin g ON g.distribution_type = d.pulp_type
                WHERE m.kind = 'distribution' AND NOT EXISTS (
                        SELECT FROM migrationd_pulp2to3.dump_left_out l
                                WHERE l.collection = 'repo_distributors' AND l.object_id = split_part(d.name, '-', 1));

-- Remotes that the migration made, for which there is no importer with a feed any more, and that nothing names: needed: files that
-- are on demand can be had from nowhere else.
CREATE VIEW migrationd_pulp2to3.remote_outdated AS
        SELECT m.id, r.name, g.plugin, EXISTS (
                SELECT FROM public.core_remoteartifact ra
                        JOIN public.core_contentartifact ca ON ca.pulp_id = ra.content_artifact_id AND ca.artifact_id IS NULL
                        WHERE ra.remote_id = m.id AND NOT EXISTS (SELECT FROM public.core_remoteartifact o
                                WHERE o.content_artifact_id = ca.pulp_id AND o.remote_id <> m.id)) AS needed
                FROM migrationd_pulp2to3.made m
                JOIN public.core_remote r ON r.pulp_id = m.id
                JOIN migrationd_pulp2to3.plugin g ON g.remote_type = r.pulp_type
                WHERE m.kind = 'remote' AND m.former IS NULL AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.importer i
                                WHERE i.object_id || '-' || i.repo_id = r.name AND i.url IS NOT NULL) AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.dump_left_out l
                                WHERE l.collection = 'repo_importers' AND l.object_id = split_part(r.name, '-', 1)) AND
                        NOT EXISTS (SELECT FROM public.core_repository o WHERE o.remote_id = m.id) AND
                        NOT EXISTS (SELECT FROM public.core_distribution o WHERE o.remote_id = m.id) AND
                        NOT EXISTS (SELECT FROM public.core_alternatecontentsource o WHERE o.remote_id = m.id);

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
