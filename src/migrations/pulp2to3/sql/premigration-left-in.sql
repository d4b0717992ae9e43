-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What an earlier dump lacked. $1: plugins of the plan.
DELETE FROM migrationd_pulp2to3.dump_left_out WHERE plugin = ANY ($1::text[]);
