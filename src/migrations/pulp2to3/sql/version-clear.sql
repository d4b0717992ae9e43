-- SPDX-License-Identifier: LGPL-2.1-or-later
DELETE FROM pg_temp.wanted;
