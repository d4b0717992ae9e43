-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The content that a version is to have, and what was taken out of it, with the unit that stays, or the path below. rule: by which
-- it was: path, key, directory. One set of tables for the session, empty after each COMMIT.
CREATE TEMPORARY TABLE wanted (content_id uuid PRIMARY KEY, unit_id text NOT NULL, last_updated bigint NOT NULL)
        ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE dropped (unit_id text NOT NULL, what text NOT NULL, rule text NOT NULL, other text NOT NULL)
        ON COMMIT DELETE ROWS;
