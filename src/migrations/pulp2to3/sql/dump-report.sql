-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Which report's dump the tables hold.
SELECT report, archive FROM migrationd_pulp2to3.dump;
