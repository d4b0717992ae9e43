-- SPDX-License-Identifier: LGPL-2.1-or-later
-- After a schema file that failed: nothing of it stays.
ROLLBACK
