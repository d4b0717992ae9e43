/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Errors on the bus: the names of model/errors.def, their errno, and what a failed statement of the store becomes. */

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "store/pg-client.h"

typedef enum BusError {
#define ERROR(symbol, name, number, exit_code, text) BUS_ERROR_##symbol,
#include "model/errors.def"
#undef ERROR
        _BUS_ERROR_MAX,
} BusError;

/* Makes sd-bus translate between our names and errno; once, before the first bus is opened. Returns 0 or a negative
 * errno. */
int bus_error_register(void);

/* "org.migrationd1.Error.NAME" */
const char *bus_error_name(BusError code);

/* Replaces each byte that is not part of a well-formed UTF-8 sequence by '?': the bus carries nothing else, and texts
 * that were cut at a number of bytes may end in the middle of a character. Returns s. */
char *bus_text_make_valid(char *s);

/* Sets *e (may be NULL). format NULL: the text of the table. Returns the error's negative errno, so that a handler
 * can write: return bus_error_set(error, BUS_ERROR_BAD_OPTION, "...", ...). */
int bus_error_set(sd_bus_error *e, BusError code, const char *format, ...) _printf_(3, 4);

/* Sets *e to what a failed statement means to a caller: a violated constraint by its name, a store that is away as
 * Error.StoreUnavailable. connection: pg_client_error(), "" when connected; hint: the command to type next when the
 * store is away. Returns a negative errno. */
int bus_error_set_store(sd_bus_error *e, const PgError *failure, const char *connection, const char *hint);
