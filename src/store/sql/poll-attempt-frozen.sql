-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: attempt, $2: now on CLOCK_MONOTONIC, in microseconds. No row: it is not live.
SELECT migrationd.attempt_frozen($1::bigint, $2::bigint) AS frozen_since_usec
