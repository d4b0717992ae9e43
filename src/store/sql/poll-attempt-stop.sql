-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: attempt, $2: why it is to be stopped, $3: after so many milliseconds. No row: it is not live any more. A reason that was
-- stored before stays.
SELECT stop_class, stop_msec FROM migrationd.attempt_stop($1::bigint, $2::text, $3::bigint)
