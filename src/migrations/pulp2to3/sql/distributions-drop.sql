-- SPDX-License-Identifier: LGPL-2.1-or-later
-- A distribution that cannot be made. $1: name.
DELETE FROM pg_temp.distributions WHERE name = $1;
