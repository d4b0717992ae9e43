-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The migration's own tables, in Pulp's database so that they change in the transactions that change Pulp's. Version 1.

CREATE SCHEMA migrationd_pulp2to3;

CREATE TABLE migrationd_pulp2to3.schema_version (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
INSERT INTO migrationd_pulp2to3.schema_version (version) VALUES (1);

-- The dump that the tables below hold, as one row; written by the premigration of a report.
CREATE TABLE migrationd_pulp2to3.dump (
        one             boolean PRIMARY KEY DEFAULT true CHECK (one),
        report          integer NOT NULL,
        archive         text NOT NULL,
        read_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE migrationd_pulp2to3.repository (
        repo_id                 text PRIMARY KEY,
        object_id               text NOT NULL,
        description             text,
        last_unit_added         timestamptz,
        last_unit_removed       timestamptz
);

-- url NULL: the importer has no feed. secrets NULL: none; else a Fernet token of a JSON object.
CREATE TABLE migrationd_pulp2to3.importer (
        object_id               text PRIMARY KEY,
        repo_id                 text NOT NULL,
        last_updated            timestamptz,
        url                     text,
        ca_cert                 text,
        client_cert             text,
        tls_validation          boolean NOT NULL,
        proxy_url               text,
        download_concurrency    integer NOT NULL,
        policy                  text NOT NULL,
        secrets                 text,
        remote_id               uuid    -- the Pulp 3 remote; NULL: not migrated
);
CREATE INDEX ON migrationd_pulp2to3.importer (repo_id);

CREATE TABLE migrationd_pulp2to3.distributor (
        object_id       text PRIMARY KEY,
        repo_id         text NOT NULL,
        distributor_id  text,
        last_updated    timestamptz,
        relative_url    text
);
CREATE INDEX ON migrationd_pulp2to3.distributor (repo_id);

CREATE TABLE migrationd_pulp2to3.link (
        repo_id         text NOT NULL,
        type            text NOT NULL,
        unit_id         text NOT NULL,
        PRIMARY KEY (repo_id, type, unit_id)
);

-- The lazy catalog. migrated: there is a remote artifact of it.
CREATE TABLE migrationd_pulp2to3.lazy (
        type            text NOT NULL,
        unit_id         text NOT NULL,
        importer_id     text NOT NULL,
        path            text NOT NULL,
        url             text NOT NULL,
        revision        bigint NOT NULL,
        migrated        boolean NOT NULL DEFAULT false,
        PRIMARY KEY (type, unit_id, importer_id)
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

-- All units of all types, as far as versions of repositories need them.
CREATE VIEW migrationd_pulp2to3.unit AS
        SELECT 'iso' AS type, unit_id, last_updated, content_id FROM migrationd_pulp2to3.iso;

-- A report's plan, resolved; written by its step repositories.
CREATE TABLE migrationd_pulp2to3.plan_repository (
        report          integer NOT NULL,
        number          bigint NOT NULL,
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
