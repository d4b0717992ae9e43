#!/bin/bash
# container: main
# SPDX-License-Identifier: LGPL-2.1-or-later
# The one assumption about PID 1 that the protocol stands on, on the real thing.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

title "When a launcher's bus name has gone, a round trip to PID 1 comes after all of its starts"
expect_match '20 rounds of 30 starts, [1-9][0-9]+ units were started, none after' "$TEST_PROGRAMS/launcher-order" 20 30
systemctl stop 'launcher-order-*.service'
systemctl reset-failed
