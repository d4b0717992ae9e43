-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The channel of all state changes; payload: the report's id.
LISTEN migrationd
