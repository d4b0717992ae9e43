-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The content that a version is to have; one table for the session, empty after each COMMIT.
CREATE TEMPORARY TABLE wanted (content_id uuid PRIMARY KEY, unit_id text NOT NULL, last_updated bigint NOT NULL)
        ON COMMIT DELETE ROWS;
