/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Named errors of the bus: their exit code, whether waiting helps, and what to type next. */

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "model/state.h"

typedef enum ExitCode {
#define EXIT(symbol, number, text) EXIT_##symbol = number,
#include "client/exit-codes.def"
#undef EXIT
} ExitCode;

/* One row of the table, for help and manual. */
typedef struct ExitText {
        ExitCode code;
        const char *text;
} ExitText;

/* The table: *ret_n rows, by number. */
const ExitText *exit_texts(size_t *ret_n);

#define ERROR_PREFIX "org.migrationd1.Error."

/* The exit code for a failed call. error: a negative errno, used when bus_error names nothing known. */
ExitCode error_exit_code(int error, const sd_bus_error *bus_error);

/* The exit code that says how a report ended; EXIT_FAILED for a state that is no end. */
ExitCode verdict_exit_code(State s);

/* Whether the call may succeed later without anybody changing the request: the service or its database
 * restarts, the bus went away. Other errors are final. */
bool error_is_transient(int error, const sd_bus_error *bus_error);

/* As above, but of those the one that says that there is no such service on this bus at all. */
bool error_is_absent(const sd_bus_error *bus_error);

/* Whether it says that the object of the call does not exist (which a service that just starts may say by
 * mistake). */
bool error_is_no_object(const sd_bus_error *bus_error);

/* What a person can do about it: a command to type, or NULL when there is no general advice. */
const char *error_hint(int error, const sd_bus_error *bus_error);
