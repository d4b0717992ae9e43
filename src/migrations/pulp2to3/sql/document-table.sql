-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The units of a batch as objects of the columns that they become.
CREATE TEMPORARY TABLE batch_document (unit_id text NOT NULL, document jsonb NOT NULL) ON COMMIT DELETE ROWS;
