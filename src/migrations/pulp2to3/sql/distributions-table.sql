-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions of a range of the plan's repositories, of their publications or versions; one table for the session, empty after
-- each COMMIT.
CREATE TEMPORARY TABLE distributions (number bigint, name text, base_path text, repository text, plugin text,
        distribution_type text, publication_id uuid, version_id uuid) ON COMMIT DELETE ROWS;
