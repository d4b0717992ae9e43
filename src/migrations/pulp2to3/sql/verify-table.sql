-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a batch of the verification looks at, and what it finds; one set of tables for the session, empty after each COMMIT.
CREATE TEMPORARY TABLE verify_unit (type text NOT NULL, unit_id text NOT NULL, item text NOT NULL, known text NOT NULL,
        downloaded boolean NOT NULL, migrated boolean NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE verify_content (unit_id text NOT NULL, repo_id text NOT NULL, content_id uuid NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE manifest_line (line text NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE difference (item text NOT NULL, reason text NOT NULL) ON COMMIT DELETE ROWS;

-- What the program has read of files, and of fields that are not JSON.
CREATE TEMPORARY TABLE verify_staged (unit_id text NOT NULL, document jsonb NOT NULL) ON COMMIT DELETE ROWS;

-- The contents that the migration made of a batch's documents. What hangs on others is of whoever made them, and a unit that is to be
-- migrated again, as one is that a problem was told of, is not yet as its document says.
CREATE TEMPORARY VIEW verify_made AS
        SELECT u.type, u.unit_id, u.item, u.known, c.repo_id, c.content_id, d.repo_id AS own_repo_id, d.document AS d
                FROM pg_temp.verify_unit u
                JOIN migrationd_pulp2to3.unit_document d ON d.type = u.type AND d.unit_id = u.unit_id
                JOIN pg_temp.verify_content c ON c.unit_id = u.unit_id
                JOIN public.core_content o ON o.pulp_id = c.content_id
                JOIN migrationd_pulp2to3.made m ON m.kind = 'content' AND m.id = o.pulp_id
                WHERE d.migrated;
