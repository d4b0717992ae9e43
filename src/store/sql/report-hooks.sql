-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A report that has ended and of which a hook has not been told; no row when there is none.
SELECT report_id AS id FROM migrationd.hook WHERE started_at IS NULL ORDER BY id LIMIT 1
