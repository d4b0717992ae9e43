-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A difference that the program has found. $1: item, $2: reason.
INSERT INTO pg_temp.difference (item, reason) VALUES (left($1, 600), $2);
