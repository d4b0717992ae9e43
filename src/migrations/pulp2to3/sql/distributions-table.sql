-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions of a range of the plan's repositories, of their publications or versions; moves: it is there and gets another base
-- path. gone: what is removed. One table each for the session, empty after each COMMIT.
CREATE TEMPORARY TABLE distributions (number bigint, name text, base_path text, repository text, plugin text,
        distribution_type text, publication_id uuid, version_id uuid, moves boolean NOT NULL DEFAULT false) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE gone (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
