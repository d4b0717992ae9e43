-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a batch of the verification looks at, and what it finds; one set of tables for the session, empty after each COMMIT.
CREATE TEMPORARY TABLE verify_unit (type text NOT NULL, unit_id text NOT NULL, item text NOT NULL, known text NOT NULL,
        downloaded boolean NOT NULL, migrated boolean NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE verify_content (unit_id text NOT NULL, repo_id text NOT NULL, content_id uuid NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE manifest_line (line text NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE difference (item text NOT NULL, reason text NOT NULL) ON COMMIT DELETE ROWS;
