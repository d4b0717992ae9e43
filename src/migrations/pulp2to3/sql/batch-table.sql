-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The units of a batch on their way into Pulp's tables; one set of tables for the session, empty after each COMMIT. batch_file:
-- checksums without an artifact are those that the dump knows. batch_content: what the type's script made or found.
CREATE TEMPORARY TABLE batch_unit (type text, unit_id text PRIMARY KEY, number bigint, key text, repo_id text, downloaded boolean,
        new_id uuid NOT NULL DEFAULT gen_random_uuid()) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE batch_file (unit_id text, relative_path text, downloaded boolean, part text, size bigint, md5 text, sha1 text,
        sha224 text, sha256 text, sha384 text, sha512 text, artifact_id uuid) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE batch_content (unit_id text NOT NULL, repo_id text NOT NULL DEFAULT '', subkey text NOT NULL DEFAULT '',
        pulp_type text NOT NULL, content_id uuid NOT NULL, file_owner boolean NOT NULL DEFAULT true) ON COMMIT DELETE ROWS;
