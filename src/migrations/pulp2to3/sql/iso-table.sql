-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The units of a batch on their way into Pulp's tables; one table for the session, empty after each COMMIT. sha256 is checksum.
CREATE TEMPORARY TABLE batch_iso (unit_id text, name text, checksum text, size bigint, downloaded boolean, md5 text, sha1 text,
        sha224 text, sha384 text, sha512 text, new_id uuid DEFAULT gen_random_uuid(), content_id uuid, artifact_id uuid)
        ON COMMIT DELETE ROWS;
