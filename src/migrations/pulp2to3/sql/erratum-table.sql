-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The errata of a batch as objects of rpm_updaterecord's columns. batch_advisory: one for each repository that has the erratum,
-- with the packages that are in it.
CREATE TEMPORARY TABLE batch_document (unit_id text NOT NULL, document jsonb NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE batch_advisory (unit_id text NOT NULL, repo_id text NOT NULL, collections jsonb NOT NULL,
        new_id uuid NOT NULL DEFAULT gen_random_uuid(), PRIMARY KEY (unit_id, repo_id)) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE batch_advisory_digest (unit_id text NOT NULL, repo_id text NOT NULL, digest text NOT NULL)
        ON COMMIT DELETE ROWS;
