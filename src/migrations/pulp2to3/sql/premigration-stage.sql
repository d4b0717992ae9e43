-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Where an archive's documents go as they come; gone with the transaction. stage_type: the content types of the plan's plugins;
-- rows of other plugins stay as an earlier dump left them.
CREATE TEMPORARY TABLE stage_type (type text PRIMARY KEY, plugin text) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_repository (object_id text, repo_id text PRIMARY KEY, description text, last_unit_added timestamptz,
        last_unit_removed timestamptz) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_importer (object_id text PRIMARY KEY, plugin text, repo_id text, last_updated timestamptz, url text,
        ca_cert text, client_cert text, tls_validation boolean, proxy_url text, download_concurrency integer, policy text,
        detail jsonb, secrets text, retain_package_versions integer) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_distributor (object_id text PRIMARY KEY, repo_id text, distributor_id text, last_updated timestamptz,
        relative_url text, plugin text, config jsonb) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_link (repo_id text, type text, unit_id text) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_lazy (type text, unit_id text, importer_id text, path text, url text, revision bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_pkglist (object_id text PRIMARY KEY, errata_id text, repo_id text, document jsonb) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_iso (unit_id text PRIMARY KEY, last_updated bigint, storage_path text, downloaded boolean, name text,
        checksum text, size bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_unit (type text, unit_id text, last_updated bigint, storage_path text, downloaded boolean, size bigint,
        repo_id text, key text, document jsonb, primary_z bytea, filelists_z bytea, other_z bytea, PRIMARY KEY (type, unit_id))
        ON COMMIT DROP;
ALTER TABLE pg_temp.stage_unit ALTER primary_z SET STORAGE EXTERNAL, ALTER filelists_z SET STORAGE EXTERNAL,
        ALTER other_z SET STORAGE EXTERNAL;
