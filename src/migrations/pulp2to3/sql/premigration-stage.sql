-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Where an archive's documents go as they come; gone with the transaction.
CREATE TEMPORARY TABLE stage_repository (object_id text, repo_id text PRIMARY KEY, description text, last_unit_added timestamptz,
        last_unit_removed timestamptz) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_importer (object_id text PRIMARY KEY, repo_id text, last_updated timestamptz, url text, ca_cert text,
        client_cert text, tls_validation boolean, proxy_url text, download_concurrency integer, policy text, secrets text)
        ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_distributor (object_id text PRIMARY KEY, repo_id text, distributor_id text, last_updated timestamptz,
        relative_url text) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_link (repo_id text, type text, unit_id text) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_lazy (type text, unit_id text, importer_id text, path text, url text, revision bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_iso (unit_id text PRIMARY KEY, last_updated bigint, storage_path text, downloaded boolean, name text,
        checksum text, size bigint) ON COMMIT DROP;
