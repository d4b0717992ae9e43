-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Forgets files that are removed. $1: first id, $2: last.
DELETE FROM migrationd_pulp2to3.made WHERE kind = 'file' AND id BETWEEN $1::uuid AND $2::uuid;
