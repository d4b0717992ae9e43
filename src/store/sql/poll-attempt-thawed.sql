-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: attempt, $2: now on CLOCK_MONOTONIC, in microseconds. frozen_usec: how long it was frozen, over all.
SELECT migrationd.attempt_thawed($1::bigint, $2::bigint) AS frozen_usec
