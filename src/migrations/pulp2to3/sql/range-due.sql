-- SPDX-License-Identifier: LGPL-2.1-or-later
SELECT number FROM pg_temp.range_due ORDER BY number;
