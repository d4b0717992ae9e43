-- SPDX-License-Identifier: LGPL-2.1-or-later
WITH dropped AS (
        DELETE FROM pg_temp.dropped
)
DELETE FROM pg_temp.wanted;
