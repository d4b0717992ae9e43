/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The a{sv} options of a method: read from a table, unknown keys refused by name. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

/* Numbers of an option "au", borrowed from the message. */
typedef struct BusNumbers {
        const uint32_t *values;
        size_t n;
} BusNumbers;

/* One key. signature and target: "u" uint32_t*, "t" uint64_t*, "b" int* (0 or 1), "s" const char** (borrowed from the
 * message), "as" char*** (owned by the caller), "au" BusNumbers*. Targets keep their value when the key is not given;
 * given, when not NULL, is set when it is. The table ends with {}. */
typedef struct BusOption {
        const char *key;
        const char *signature;
        void *target;
        bool *given;
} BusOption;

/* Reads the next argument, which must be a{sv}. Returns 0 or a negative errno with *error set: Error.BadOption for a
 * key that is not in the table or comes twice, or a value of another type. */
int bus_options_read(sd_bus_message *m, const BusOption *table, sd_bus_error *error);
