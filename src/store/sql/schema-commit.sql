-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Ends the transaction of one schema file.
COMMIT
