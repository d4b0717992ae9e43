-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Numbers of the plan's repositories for which something is to be done; one table for the session.
CREATE TEMPORARY TABLE range_due (number bigint PRIMARY KEY);
