-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a batch of the reset removes; one table for the session, empty after each COMMIT.
CREATE TEMPORARY TABLE gone (id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
