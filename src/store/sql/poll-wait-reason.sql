-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Why the report is where it is, for people. $1: report, $2: text, "" for nothing, $3: the state that the text is about, which a request
-- may have ended meanwhile.
UPDATE migrationd.report SET wait_reason = $2::text
WHERE id = $1::integer AND wait_reason <> $2::text AND state = $3::text
