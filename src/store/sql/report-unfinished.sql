-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The unfinished report; no row when there is none.
SELECT id FROM migrationd.report WHERE state NOT IN ('completed', 'failed', 'canceled')
