/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints what the vtables say, without a bus and without a database: what the contract test compares with the
 * documented XML. */

/* Writes the introspection XML of an object path to standard output. Returns 0 or a negative errno; logs. */
int introspect_print(const char *path);
