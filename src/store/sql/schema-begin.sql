-- SPDX-License-Identifier: LGPL-2.1-or-later
-- One transaction for each schema file.
BEGIN
